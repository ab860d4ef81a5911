package main

import "regexp"

// word is an expression that plain English has a better one for.
type word struct {
	name    string // in the table
	pattern *regexp.Regexp
	better  string
}

// words are those of the language rules that a program can recognize. Words with a
// second, common meaning are not in it, such as host, member and alone.
var words = []word{
	{"answer", expression(`answer(s|ed|ing)?`), "response, respond"},
	{"refuse", expression(`refus\w*`), "reject, rejected, rejection"},
	{"good", expression(`good`), "valid"},
	{"buy", expression(`buy|buys|buying|bought`), "request, obtain"},
	{"hearsay", expression(`hearsay`), "second-hand"},
	{"sighting", expression(`sightings?`), "first seen"},
	{"mend", expression(`mend(s|ed|ing)?`), "fix"},
	{"cure", expression(`cure[sd]?|curing`), "fix"},
	{"heal", expression(`heal(s|ed|ing)?`), "fix, recover"},
	{"prove", expression(`prove(s|d|n)?|proving`), "check, test, show"},
	{"kin", expression(`kin`), "the names of the things"},
	{"its peers", expression(`its peers`), "the names of the things"},
	{"the house", expression(`(the|of) house`), "the repository layout"},
	{"flight", expression(`flights?`), `renewal; for requests "in progress"`},
	{"ledger", expression(`ledgers?`), "shared record"},
	{"brake", expression(`brak(e|es|ed|ing)`), "circuit breaker"},
	{"folder", expression(`folders?`), "directory"},
	{"is no JSON", expression(`is no (JSON|URL)`), "is not valid JSON, is not a valid URL"},
	{"JSON member", expression(`(JSON|unknown|optional|required|other) members?`), "field"},
	{"nobody", expression(`nobody`), "no caller, no process"},
	{"whoever", expression(`whoever`), "a caller that, a process that"},
	{"sign requests", expression(`sign(s|ed|ing)? requests?`), "add the bearer token"},
	{"tell of", expression(`(tells?|told|telling) of`), "report"},
	{"said no", expression(`(said|says) no`), "rejected"},
	{"fare", expression(`fares? (better|well|worse)`), "succeed, may be retried"},
}

// countedWords have a row of their own in the table, for the comments of package ringcx.
var countedWords = []string{"answer", "refuse", "good", "buy"}

func expression(s string) *regexp.Regexp { return regexp.MustCompile(`(?i)\b(` + s + `)\b`) }

// exception is a text in which the words are allowed, in one file or in all of them.
type exception struct {
	text   string // matched with its case
	file   string // a path from the root, also of a directory; empty: all files
	reason string
}

var exceptions = []exception{
	{text: "answering machine", reason: "a device: RingCX detects it in phone calls"},
	{text: "agent does not answer", reason: "an agent answers a phone call"},
	{text: "ANSWER", reason: "a result of a call and columns of a lead file, in names of RingCX"},
	{text: "[Answer, NoAnswer,", file: "openapi.yaml", reason: "the names of results of calls"},
	{text: "AnswerM", reason: "fields of RingCX with messages for who answers the phone"},
	{text: "GoodData", reason: "the product whose analytics RingCX offers, in names of RingCX"},
	{text: "FolderMode", reason: "the name of a RingCX field"},
	{text: "folder mode", file: "openapi.yaml", reason: "what RingCX calls it"},
	{text: "AutoAnswer", file: "openapi.yaml", reason: "in names of RingCX fields"},
	{text: "totalAnswerTime", reason: "the name of a RingCX field"},
	{text: "notHumanAnswers", reason: "the name of a RingCX field"},
	{text: "answer:", file: "openapi.yaml", reason: "the name of a RingCX field"},
	{text: "connection refused", reason: "the text of ECONNREFUSED"},
	{text: "ECONNREFUSED", reason: "an error of the operating system"},
	{text: "ConnRefused", reason: "ECONNREFUSED in the names of variables"},
	{text: "REFUSED_STREAM", reason: "an error code of HTTP/2"},
	{text: "kin-openapi", reason: "a dependency"},
	{text: "there is no JSON", reason: "something is missing, not invalid"},
	{text: "there is no URL", reason: "something is missing, not invalid"},

	// Names that callers depend on.
	{text: "bad_answer", reason: "a value of ringcx.Error.Code"},
	{text: "DropAnswer", reason: "a name of ringcxtest"},
	{text: "drop-answer", reason: "the fault DropAnswer in the control API"},
	{text: "ringcxtest.Refuse", reason: "a name of ringcxtest"},
	{text: "[Refuse]", reason: "a name of ringcxtest"},
	{text: "`Refuse`", reason: "a name of ringcxtest"},
	{text: "Refuse ", file: "ringcx/ringcxtest/", reason: "a name of ringcxtest, in its documentation"},
	{text: "Refuse,", file: "ringcx/ringcxtest/", reason: "a name of ringcxtest, in its documentation"},
	{text: "refuse me", file: "ringcx/ringcxtest/", reason: "a fault that does not exist"},
	{text: `"refuse"`, reason: "the fault Refuse in the control API"},
	{text: "fault=refuse", reason: "the fault Refuse in the control API"},
	{text: "refuse, rate-limit", reason: "a list of the faults in the control API"},
	{text: "responses/Refused", file: "openapi.yaml", reason: "the name of a response"},
	{text: "    Refused:", file: "openapi.yaml", reason: "the name of a response"},
	{text: "'Refused'", file: "gen/overlay.yaml", reason: "a name in openapi.yaml"},
}

// skipped are the files in which words are not looked for.
var skipped = []exception{
	{file: "internal/metrics/words.go", reason: "it lists the words"},
	{file: "internal/metrics/words_test.go", reason: "it tests the list"},
}
