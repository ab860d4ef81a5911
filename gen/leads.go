package gen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"

	"github.com/ringcx-go/ringcx-go/wire"
)

// LeadBatchSize is how many leads [LeadsService.LoadBatches] sends in a request: 500.
//
// Source: seen in public clients. RingCX documents no limit.
const LeadBatchSize = 500

// leadPageSize is how many leads SearchAll requests at a time. RingCX documents neither a
// default nor a maximum, and may send fewer.
const leadPageSize = 500

// SearchAll returns an iterator over all leads that a search finds. It requests them page by
// page, and a page when the leads of the one before have been consumed. It ends after the first
// error. [wire.Pages] has the rules, also about leads that change during the search.
//
// It requests 500 leads at a time. The last page is the one without leads, so that a search that
// finds up to 500 leads sends two requests. To find leads by their own ids, set ExternIds: how many
// a request may have is not documented, so send the ids of one batch, [LeadBatchSize], at a time.
//
// The error of a page that has no list of leads, such as only their number, is a
// [*wire.DecodeError].
//
// A lead that was just loaded is not found: it takes about two seconds.
func (s *LeadsService) SearchAll(ctx context.Context, accountID wire.ID, search LeadSearch) iter.Seq2[LeadSearchResult, error] {
	return wire.Pages(ctx, 0, func(ctx context.Context, page int) ([]LeadSearchResult, error) {
		found, err := s.Search(ctx, accountID, search, &SearchLeadsParams{Page: new(Page(page)), MaxRows: new(MaxRows(leadPageSize))})
		return listOf(found, err, (*SearchLeadsResult)(nil).Operation())
	})
}

// SearchAllByPhoneList is like [LeadsService.SearchAll] for the leads that have one of several
// phone numbers.
func (s *LeadsService) SearchAllByPhoneList(ctx context.Context, accountID wire.ID, search LeadPhoneSearch) iter.Seq2[LeadSearchResult, error] {
	return wire.Pages(ctx, 0, func(ctx context.Context, page int) ([]LeadSearchResult, error) {
		params := &SearchLeadsByPhoneListParams{Page: new(Page(page)), MaxRows: new(MaxRows(leadPageSize))}
		found, err := s.SearchByPhoneList(ctx, accountID, search, params)
		return listOf(found, err, (*SearchLeadsByPhoneListResult)(nil).Operation())
	})
}

// listOf returns the leads of a page, or an error if op returned a page without a list.
func listOf(page LeadPage, err error, op Operation) ([]LeadSearchResult, error) {
	if err == nil && page.Leads == nil {
		err = &wire.DecodeError{Method: op.Method, Path: op.Path, Err: errors.New("the page has no list of leads")}
	}
	return page.Leads, err
}

// LeadBatch is a request of [LeadsService.LoadBatches] and its result.
type LeadBatch struct {
	// First is the index of the first lead of the batch in all leads.
	First int
	// Leads are the leads as they were sent.
	Leads []Lead
	// Result is the response. It is the zero value if there is an error, unless that is a
	// [*LeadLoadError].
	Result LeadLoadResult
	// Rejected are the leads that RingCX found not valid, in the order of the response. They do
	// not include duplicates: see [LeadBatch.Duplicates].
	Rejected []RejectedLead
}

// Duplicates returns how many leads of the batch were valid and not added to the campaign:
// LeadsAccepted - LeadsInserted of the result, or 0 if the response lacks one of them. The
// response does not say which leads they are.
//
// Source: inferred from the names of the fields.
func (b LeadBatch) Duplicates() int64 {
	accepted, inserted := b.Result.LeadsAccepted, b.Result.LeadsInserted
	if accepted == nil || inserted == nil {
		return 0
	}
	return max(*accepted-*inserted, 0)
}

// RejectedLead is a lead that RingCX found not valid, and did not load.
type RejectedLead struct {
	// Index is the index of the lead in all leads. It is -1 if the row has neither the ExternID
	// of a lead of the batch nor a phone number that only one of them has, or if it has the
	// values of several leads. No index occurs twice.
	Index int
	// Message says why the lead was not loaded. It may be empty.
	Message string
	// RowData are the values of the lead that RingCX sent. Their order is not documented.
	RowData []string
}

// LeadLoadError is a response to a load of leads whose status is 200, although no lead was
// loaded. [LeadLoadResult.Err] has the rule.
type LeadLoadError struct {
	// Result is the response.
	Result LeadLoadResult
}

// Error returns the status, the numbers of leads, and the message of the response or else of
// its first rejected row.
func (e *LeadLoadError) Error() string {
	r := e.Result
	text := fmt.Sprintf("ringcx: load of leads failed: processingStatus %q, %d leads supplied, %d accepted, %d rejected",
		wire.Value(r.ProcessingStatus), wire.Value(r.LeadsSupplied), wire.Value(r.LeadsAccepted), len(r.RejectedRows))
	messages := []*string{r.Message, r.ProcessingResult}
	if len(r.RejectedRows) > 0 {
		messages = []*string{r.RejectedRows[0].Message, r.Message, r.ProcessingResult}
	}
	for _, message := range messages {
		if m := wire.Value(message); m != "" {
			return text + ": " + m
		}
	}
	return text
}

// Err returns a [*LeadLoadError] if no lead was loaded, and otherwise nil. RingCX sends such a
// response with the status 200.
//
// A load succeeded if processingStatus is DEFAULT_NOT_A_FAILURE, or is missing while
// leadsAccepted is more than 0, and neither leadsSupplied nor leadsAccepted is 0. All else is an
// error: other values of processingStatus, a load whose leads were all rejected, and an empty
// response. Leads that were removed as duplicates were accepted.
//
// Source: GENERAL_FAILURE and a leadsSupplied of 0 are seen in public clients; the rest is
// inferred from the names of the fields and values.
func (r LeadLoadResult) Err() error {
	isZero := func(n *int64) bool { return n != nil && *n == 0 }
	succeeded := wire.Value(r.ProcessingStatus) == LeadProcessingStatusDefaultNotAFailure
	if wire.Value(r.ProcessingStatus) == "" {
		succeeded = wire.Value(r.LeadsAccepted) > 0
	}
	if !succeeded || isZero(r.LeadsSupplied) || isZero(r.LeadsAccepted) {
		return &LeadLoadError{Result: r}
	}
	return nil
}

// allRejected reports whether RingCX read the load, and rejected each lead.
func (r LeadLoadResult) allRejected() bool {
	switch wire.Value(r.ProcessingStatus) {
	case "", LeadProcessingStatusDefaultNotAFailure, LeadProcessingStatusNoLeadsPassedValidation:
		return len(r.RejectedRows) > 0 && wire.Value(r.LeadsAccepted) == 0
	}
	return false
}

// Err returns an error with ErrorMessage if the action failed, and otherwise nil. An action failed
// if Success is false, or if there is an ErrorMessage.
//
// Source: inferred from the fields.
func (r LeadActionResult) Err() error {
	message := wire.Value(r.ErrorMessage)
	if message == "" && (r.Success == nil || *r.Success) {
		return nil
	}
	return fmt.Errorf("ringcx: lead action %q failed: %s", wire.Value(r.LeadActionType), cmp.Or(message, "no message"))
}

// LoadBatches is like [LeadsService.Load] for any number of leads: it sends UploadLeads of load
// in batches of [LeadBatchSize]. It returns an iterator over the batches, which sends a batch when
// the loop asks for it:
//
//	for batch, err := range client.Leads.LoadBatches(ctx, accountID, campaignID, load) {
//		if err != nil {
//			return fmt.Errorf("leads from %d: %w", batch.First, err)
//		}
//		for _, r := range batch.Rejected {
//			log.Printf("lead %d: %s", r.Index, r.Message)
//		}
//	}
//
// It does not send empty strings, for which RingCX can reject a lead: see [Lead.WithoutEmpty]. It
// changes neither load nor its leads. Each batch becomes a list of its own in the campaign, so
// that REMOVE_FROM_LIST removes duplicates within a batch only.
//
// The iterator ends after the first error, whose batch has First and Leads. Batches before it
// were loaded, and later ones were not sent. The leads of the batch itself were not loaded if the
// error
//
//   - is a [*LeadLoadError];
//   - wraps ringcx.ErrNotSent: no token could be obtained, or ctx ended before;
//   - is a *ringcx.Error with a status below 500.
//
// After any other error they may have been: search for them by ExternIds before you send them
// again. RingCX does not recognize a load that is repeated, so this package does not repeat one
// either, except after a status of 401 or 429.
//
// A batch whose leads were all rejected does not end the iterator: Rejected says why. If that is
// so for each batch, the last one has a [*LeadLoadError], because no lead was loaded. Without
// UploadLeads nothing is sent, and there is no batch and no error.
func (s *LeadsService) LoadBatches(ctx context.Context, accountID wire.ID, campaignID int64, load LeadLoadRequest) iter.Seq2[LeadBatch, error] {
	return func(yield func(LeadBatch, error) bool) {
		first, accepted := 0, false
		for leads := range slices.Chunk(load.UploadLeads, LeadBatchSize) {
			batch := newLeadBatch(first, leads)
			request := load
			request.UploadLeads = batch.Leads
			result, err := s.Load(ctx, accountID, campaignID, request)
			batch.setResult(result)
			accepted = accepted || err == nil
			first += len(leads)
			if result.allRejected() && (accepted || first < len(load.UploadLeads)) {
				err = nil
			}
			if !yield(batch, err) || err != nil {
				return
			}
		}
	}
}

func newLeadBatch(first int, leads []Lead) LeadBatch {
	b := LeadBatch{First: first, Leads: make([]Lead, 0, len(leads))}
	for _, lead := range leads {
		b.Leads = append(b.Leads, lead.WithoutEmpty())
	}
	return b
}

// setResult sets the result, and identifies the leads of rejected rows.
func (b *LeadBatch) setResult(r LeadLoadResult) {
	b.Result = r
	index := newLeadIndex(b.Leads)
	for _, row := range r.RejectedRows {
		rejected := RejectedLead{Index: -1, Message: wire.Value(row.Message), RowData: row.RowData}
		if i := index.find(row.RowData); i >= 0 {
			rejected.Index = b.First + i
		}
		b.Rejected = append(b.Rejected, rejected)
	}
}

// leadIndex finds the leads of a batch. The values of its maps are their indexes.
type leadIndex struct {
	byID, byPhone map[string][]int
	used          map[int]bool // the leads that were found
}

func newLeadIndex(leads []Lead) leadIndex {
	x := leadIndex{byID: make(map[string][]int), byPhone: make(map[string][]int), used: make(map[int]bool)}
	for i, lead := range leads {
		if id := wire.Value(lead.ExternID); id != "" {
			x.byID[id] = append(x.byID[id], i)
		}
		phone, international := wire.Value(lead.LeadPhone), wire.Value(lead.LeadPhoneE164)
		if phone != "" {
			x.byPhone[phone] = append(x.byPhone[phone], i)
		}
		if international != "" && international != phone {
			x.byPhone[international] = append(x.byPhone[international], i)
		}
	}
	return x
}

// find returns the index of the lead whose ExternID is in a row and, of several, the one whose phone
// number is, too. If there is no ExternID, it is the lead whose phone number is in the row. find
// returns -1 if there is no such lead that was not found before, or if there are several.
func (x leadIndex) find(row []string) int {
	withID, withPhone := x.lookUp(x.byID, row), x.lookUp(x.byPhone, row)
	found := withID
	both := slices.DeleteFunc(slices.Clone(withID), func(i int) bool { return !slices.Contains(withPhone, i) })
	switch {
	case len(both) > 0:
		found = both
	case len(withID) == 0:
		found = withPhone
	}
	if len(found) != 1 {
		return -1
	}
	x.used[found[0]] = true
	return found[0]
}

// lookUp returns the leads that an index has for the values of a row and that were not found
// before.
func (x leadIndex) lookUp(index map[string][]int, row []string) (found []int) {
	for _, value := range row {
		for _, i := range index[value] {
			if !x.used[i] && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	return found
}

// WithoutEmpty returns a copy of the lead without the fields that are empty strings, and without
// persona phones that are. RingCX can reject a lead for an empty string.
//
// Source: seen in public clients; that this includes persona phones is inferred.
func (l Lead) WithoutEmpty() Lead {
	v := reflect.ValueOf(&l).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() == reflect.Pointer && f.Type().Elem().Kind() == reflect.String && !f.IsNil() && f.Elem().Len() == 0 {
			f.SetZero()
		}
	}
	isEmpty := func(_, phone string) bool { return phone == "" }
	l.PersonaPhoneConfig = maps.Clone(l.PersonaPhoneConfig)
	maps.DeleteFunc(l.PersonaPhoneConfig, isEmpty)
	return l
}
