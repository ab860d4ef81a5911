package ringcxtest

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// readsFiles are the operations that read an uploaded file.
var readsFiles = map[Endpoint]bool{"previewLeadFile": true, "searchLeadsByPhoneList": true, "uploadDNCFile": true}

// uploadedFile returns the uploaded file, or why it cannot be read.
func (c *call) uploadedFile() (content, problem string) {
	if c.upload == nil || len(c.upload.files) == 0 {
		return "", "is missing"
	}
	f := c.upload.files[0]
	if f.size > int64(len(f.start)) {
		return "", "is larger than 1 MiB, the most that ringcxtest reads"
	}
	return string(f.start), ""
}

// uploadedLines returns the lines of the uploaded file that are not empty.
func (c *call) uploadedLines() []string {
	content, _ := c.uploadedFile()
	return strings.Fields(content)
}

// leadFile is a file with leads that was uploaded.
type leadFile struct {
	campaign string
	rows     [][]string
}

// exampleTransaction is the transactionId of the example of openapi.yaml. A Server begins with
// this file.
const exampleTransaction = "0b5c2f4e-9a1d-4c39-8a57-1f2e3d4c5b6a"

var exampleFile = leadFile{campaign: exampleCampaign, rows: [][]string{
	{"Phone", "Id", "First name", "Last name"},
	{"2125550100", "crm-70001", "Maria", "Lopez"},
}}

// previewRows is how many rows of a file a preview has at most. (Inferred.)
const previewRows = 10

// previewLeadFile keeps a file with leads and responds with its first rows.
func previewLeadFile(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		campaign := l.Path("campaignId")
		if l.campaigns()[campaign] == nil {
			return engine.NotFound("campaignId")
		}
		content, problem := c.uploadedFile()
		if problem != "" {
			return engine.Rejected("file", problem)
		}
		query := c.r.URL.Query()
		rows, problem := parseRows(content, gen.LeadFileType(query.Get("fileType")), query.Get("quoteCharacter"))
		if problem != "" {
			return engine.Rejected("file", problem)
		}
		id := c.server.keepLeadFile(leadFile{campaign, rows})
		return engine.JSON(http.StatusOK, l.preview(id, rows))
	})
}

// keepLeadFile keeps a file and returns its transactionId.
func (s *Server) keepLeadFile(f leadFile) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leadFiles == nil {
		s.leadFiles = make(map[string]leadFile)
	}
	id := fmt.Sprintf("00000000-0000-4000-9000-%012d", len(s.leadFiles)+1)
	s.leadFiles[id] = f
	return id
}

// leadFile returns a file that was uploaded.
func (s *Server) leadFile(transactionID string) (f leadFile, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok = s.leadFiles[transactionID]; !ok && transactionID == exampleTransaction {
		return exampleFile, true
	}
	return f, ok
}

// delimiters are the characters between the values of text files.
var delimiters = map[gen.LeadFileType]rune{gen.LeadFileTypeComma: ',', gen.LeadFileTypePipe: '|', gen.LeadFileTypeTab: '\t'}

// parseRows returns the rows of a text file, or why it cannot be read.
func parseRows(content string, fileType gen.LeadFileType, quote string) (rows [][]string, problem string) {
	if delimiters[fileType] == 0 {
		return nil, "is not a text file: ringcxtest cannot read others"
	}
	if quote != "" {
		content = strings.ReplaceAll(content, quote, `"`)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(content, "\ufeff")))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = delimiters[fileType], -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, "cannot be read: " + err.Error()
	}
	return rows, ""
}

// preview returns the beginning of a file.
func (l *outbound) preview(transactionID string, rows [][]string) gen.LeadFilePreview {
	preview := gen.LeadFilePreview{TransactionID: transactionID, MappingColumns: leadColumns}
	start := rows[:min(len(rows), previewRows)]
	preview.PagePreviews = []gen.LeadFilePage{{PageNumber: new(int64(1)), PageName: new("Sheet1"), RowData: start}}
	for _, p := range l.List(l.account + personaPhones) {
		preview.PersonaPhoneConfig = append(preview.PersonaPhoneConfig, decodeAs[gen.PersonaPhoneSummary](p))
	}
	return preview
}

// leadColumns are the fields to which a column of a file can be mapped.
var leadColumns = []gen.LeadColumn{
	gen.LeadColumnLeadPhone, gen.LeadColumnExternID, gen.LeadColumnState, gen.LeadColumnLeadTimezone,
	gen.LeadColumnTitle, gen.LeadColumnFirstName, gen.LeadColumnMidName, gen.LeadColumnLastName, gen.LeadColumnSuffix,
	gen.LeadColumnEmail, gen.LeadColumnAddress1, gen.LeadColumnAddress2, gen.LeadColumnCity, gen.LeadColumnZip,
	gen.LeadColumnGateKeeper, gen.LeadColumnAuxData1, gen.LeadColumnAuxData2, gen.LeadColumnAuxData3,
	gen.LeadColumnAuxData4, gen.LeadColumnAuxData5, gen.LeadColumnAuxPhone, gen.LeadColumnAuxExternalURL,
	gen.LeadColumnAuxGreeting, gen.LeadColumnLiveAnswerMessage, gen.LeadColumnMachAnswerMessage,
	gen.LeadColumnCallerID, gen.LeadColumnLeadPriority,
}

// processLeadFile loads the leads of a file that was uploaded.
func processLeadFile(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		campaigns, request := l.campaigns()[l.Path("campaignId")], l.Object()
		if campaigns == nil {
			return engine.NotFound("campaignId")
		}
		file, ok := c.server.leadFile(text(request["transactionId"]))
		if !ok || file.campaign != campaigns[0].id {
			return engine.NotFound("transactionId")
		}
		columns := l.columns(request)
		if len(columns) == 0 {
			return engine.Rejected("pageColumnMappings", "is required")
		}
		rows := file.rows
		if request["fileContainsHeaders"] == true && len(rows) > 0 {
			rows = rows[1:]
		}
		load := leadLoad{outbound: l, campaigns: campaigns, request: request}
		for _, values := range rows {
			load.rows = append(load.rows, leadRow{leadOf(values, columns), values})
		}
		load.run()
		return &engine.Response{Status: http.StatusAccepted}
	})
}

// leadColumn is where a column of a file goes: into a field of the lead, or if parent is set,
// into a field of the object in that field.
type leadColumn struct {
	number        int // counted from 0
	parent, field string
}

// columns returns the columns that a request maps.
func (l *outbound) columns(request map[string]any) []leadColumn {
	labels := make(map[string]string)
	for _, p := range l.List(l.account + personaPhones) {
		labels[text(p["phoneId"])] = text(p["phoneLabel"])
	}
	var all []leadColumn
	add := func(mappings, parent string, fieldOf func(string) string) {
		columns, _ := request[mappings].(map[string]any)
		for key, v := range columns {
			n, _ := json.Number(text(v)).Int64()
			if !l.behavior.LeadColumnsFromZero {
				n--
			}
			all = append(all, leadColumn{int(n), parent, fieldOf(key)})
		}
	}
	add("pageColumnMappings", "", fieldOfColumn)
	add("extendedLeadDataMappings", "extendedLeadData", func(name string) string { return name })
	add("additionalPhoneMappings", "personaPhoneConfig", func(id string) string { return labels[id] })
	return all
}

// fieldOfColumn returns the field of a lead for a value of LeadColumn, such as leadPhone for
// LEAD_PHONE.
func fieldOfColumn(column string) string {
	var field strings.Builder
	for i, word := range strings.Split(strings.ToLower(column), "_") {
		if i > 0 && word != "" {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		field.WriteString(word)
	}
	return field.String()
}

// leadOf returns the lead of a row. An empty cell is no field (inferred).
func leadOf(values []string, columns []leadColumn) map[string]any {
	lead := make(map[string]any)
	for _, c := range columns {
		if c.number < 0 || c.number >= len(values) || values[c.number] == "" {
			continue
		}
		into := lead
		if c.parent != "" {
			if lead[c.parent] == nil {
				lead[c.parent] = make(map[string]any)
			}
			into, _ = lead[c.parent].(map[string]any)
		}
		into[c.field] = columnValue(c, values[c.number])
	}
	return lead
}

// columnValue returns a cell as the field has it.
func columnValue(c leadColumn, cell string) any {
	if n, err := strconv.Atoi(cell); err == nil && c.parent == "" && c.field == "leadPriority" {
		return number(n)
	}
	return cell
}
