package gen

import (
	"cmp"
	"context"
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
// A lead that was just loaded is not found: it takes about two seconds.
func (s *LeadsService) SearchAll(ctx context.Context, accountID wire.ID, search LeadSearch) iter.Seq2[LeadSearchResult, error] {
	return wire.Pages(ctx, 0, func(ctx context.Context, page int) ([]LeadSearchResult, error) {
		found, err := s.Search(ctx, accountID, search, &SearchLeadsParams{Page: new(Page(page)), MaxRows: new(MaxRows(leadPageSize))})
		return found.Leads, err
	})
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
	// Rejected are the leads that RingCX did not load, in the order of the response.
	Rejected []RejectedLead
}

// RejectedLead is a lead that RingCX did not load.
type RejectedLead struct {
	// Index is the index of the lead in all leads, or -1 if the row does not identify it.
	Index int
	// Message says why the lead was not loaded. It may be empty.
	Message string
	// RowData are the values of the lead that RingCX sent. Their order is not documented.
	RowData []string
}

// LeadLoadError is a response to a load of leads whose status is 200, although the load
// failed as a whole.
type LeadLoadError struct {
	// Result is the response.
	Result LeadLoadResult
}

// Error returns the status, the number of leads and the message of the response.
func (e *LeadLoadError) Error() string {
	r := e.Result
	text := fmt.Sprintf("ringcx: load of leads failed: processingStatus %q, %d leads supplied, %d accepted",
		wire.Value(r.ProcessingStatus), wire.Value(r.LeadsSupplied), wire.Value(r.LeadsAccepted))
	for _, message := range []*string{r.Message, r.ProcessingResult} {
		if m := wire.Value(message); m != "" {
			return text + ": " + m
		}
	}
	return text
}

// Err returns a [*LeadLoadError] if the load failed as a whole, and otherwise nil: also if
// RingCX rejected each lead and RejectedRows says so. RingCX sends a failure with the status 200.
//
// A load failed if processingStatus is another value than DEFAULT_NOT_A_FAILURE, or if
// leadsSupplied is 0.
//
// Source: seen in public clients; that other values of processingStatus are failures is
// inferred from the name of that one.
func (r LeadLoadResult) Err() error {
	isEmpty := r.LeadsSupplied != nil && *r.LeadsSupplied == 0
	switch status := wire.Value(r.ProcessingStatus); {
	case isEmpty:
	case status == "", status == LeadProcessingStatusDefaultNotAFailure:
		return nil
	case status == LeadProcessingStatusNoLeadsPassedValidation && len(r.RejectedRows) > 0:
		return nil
	}
	return &LeadLoadError{Result: r}
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
// were loaded, and later ones were not sent. If the error is a [*LeadLoadError], or a
// *ringcx.Error with a status below 500, the leads of the batch were not loaded. After any other
// error they may have been: search for them by ExternIds before you send them again. RingCX does
// not recognize a load that is repeated, so this package does not repeat one either, except
// after a status of 401 or 429.
func (s *LeadsService) LoadBatches(ctx context.Context, accountID wire.ID, campaignID int64, load LeadLoadRequest) iter.Seq2[LeadBatch, error] {
	return func(yield func(LeadBatch, error) bool) {
		first := 0
		for leads := range slices.Chunk(load.UploadLeads, LeadBatchSize) {
			batch := newLeadBatch(first, leads)
			request := load
			request.UploadLeads = batch.Leads
			result, err := s.Load(ctx, accountID, campaignID, request)
			if err == nil {
				batch.setResult(result)
				err = result.Err()
			}
			if !yield(batch, err) || err != nil {
				return
			}
			first += len(leads)
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
	byID := make(map[string][]int)
	for i, lead := range b.Leads {
		if id := wire.Value(lead.ExternID); id != "" {
			byID[id] = append(byID[id], i)
		}
	}
	for _, row := range r.RejectedRows {
		rejected := RejectedLead{Index: -1, Message: wire.Value(row.Message), RowData: row.RowData}
		if i := b.find(row.RowData, byID); i >= 0 {
			rejected.Index = b.First + i
		}
		b.Rejected = append(b.Rejected, rejected)
	}
}

// find returns the index of the lead whose ExternID is in a row, or -1. If several are, it is
// the first of those whose phone number is in the row, too, or else the first.
func (b *LeadBatch) find(row []string, byID map[string][]int) int {
	found := -1
	for _, value := range row {
		for _, i := range byID[value] {
			if hasPhone(row, b.Leads[i]) {
				return i
			}
			if found < 0 {
				found = i
			}
		}
	}
	return found
}

// hasPhone reports whether the phone number of a lead is in a row.
func hasPhone(row []string, lead Lead) bool {
	for _, phone := range []*string{lead.LeadPhone, lead.LeadPhoneE164} {
		if phone != nil && slices.Contains(row, *phone) {
			return true
		}
	}
	return false
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
