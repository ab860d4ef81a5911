package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
)

var (
	_ json.Marshaler   = LeadPage[struct{}]{}
	_ json.Unmarshaler = (*LeadPage[struct{}])(nil)
)

// LeadPage is the response of a search for leads. T is a struct, gen.LeadSearchResult.
//
// It reads an array of leads; an object with such an array in the field leads, or without it
// in data, and the number of all leads in totalCount; and an integer, which is that number. An
// object has at least one of the three fields, and no row is null. A null is the zero LeadPage.
// It writes an object with the fields leads and totalCount, without those that are nil, and null
// if both are.
//
// A row may contain its lead in the field campaignLead. The fields of T that are the zero
// value after reading the row are then set to those of campaignLead with the same name in
// JSON, so that a program need not look in two places.
//
// Source: public clients, which read the arrays, the objects and campaignLead. The RingCX
// API reference declares an object without fields. That an integer can be the response is
// an assumption.
type LeadPage[T any] struct {
	// Leads are the leads of this page. It is nil if RingCX sent no array, and not nil if the
	// array is empty.
	Leads []T
	// TotalCount is the number of all leads that were found, also those on other pages. It
	// is nil if RingCX did not send it.
	TotalCount *int64
}

// leadPageObject is the object form. Rows are decoded one by one, so that an error can name
// the row.
type leadPageObject struct {
	Leads      []json.RawMessage `json:"leads"`
	Data       []json.RawMessage `json:"data"`
	TotalCount *int64            `json:"totalCount"`
}

// rows returns the leads, or nil if the object has no array.
func (p leadPageObject) rows() []json.RawMessage {
	if p.Leads == nil {
		return p.Data
	}
	return p.Leads
}

// UnmarshalJSON reads an array, an object, an integer or null. Anything else is a
// [*json.UnmarshalTypeError], also an object without any of the three fields, or in which
// those that it has are null. So is a field of another type, and a row that is null or has one:
// the Field of the error then begins with the index of the row, counted from 0.
func (p *LeadPage[T]) UnmarshalJSON(data []byte) error {
	page, err := readLeadPage[T](data)
	if err != nil {
		return err
	}
	v := LeadPage[T]{TotalCount: page.TotalCount}
	if page.rows() != nil {
		v.Leads = make([]T, 0, len(page.rows()))
	}
	for i, raw := range page.rows() {
		row, err := readLeadRow[T](raw)
		if err != nil {
			return inRow(i, err)
		}
		v.Leads = append(v.Leads, row)
	}
	*p = v
	return nil
}

// readLeadPage reads any of the forms, with rows that are not decoded.
func readLeadPage[T any](data []byte) (page leadPageObject, err error) {
	switch k := kind(data); {
	case k == "null":
	case k == "array":
		err = json.Unmarshal(data, &page.Leads)
	case k == "object":
		err = json.Unmarshal(data, &page)
		if isEmpty := page.rows() == nil && page.TotalCount == nil; isEmpty && err == nil {
			err = typeError[LeadPage[T]](data)
		}
	case isInteger(data):
		err = json.Unmarshal(data, &page.TotalCount)
	default:
		err = typeError[LeadPage[T]](data)
	}
	return page, err
}

// readLeadRow reads a row, and fills it from its campaignLead.
func readLeadRow[T any](data []byte) (row T, err error) {
	if kind(data) == "null" {
		return row, typeError[T](data)
	}
	if err := json.Unmarshal(data, &row); err != nil {
		return row, err
	}
	var nested struct {
		CampaignLead *T `json:"campaignLead"`
	}
	if err := json.Unmarshal(data, &nested); err != nil {
		return row, err
	}
	if nested.CampaignLead != nil {
		fill(reflect.ValueOf(&row).Elem(), reflect.ValueOf(nested.CampaignLead).Elem())
	}
	return row, nil
}

// fill sets the fields of the struct to that are zero to those of from. It does nothing if
// they are not structs.
func fill(to, from reflect.Value) {
	if to.Kind() != reflect.Struct {
		return
	}
	for i := range to.NumField() {
		if f := to.Field(i); f.CanSet() && f.IsZero() {
			f.Set(from.Field(i))
		}
	}
}

// inRow returns err with the index of the row in its Field.
func inRow(i int, err error) error {
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		return err // it is not valid JSON, which encoding/json never passes to UnmarshalJSON
	}
	located := *mismatch
	located.Field = strconv.Itoa(i)
	if mismatch.Field != "" {
		located.Field += "." + mismatch.Field
	}
	return &located
}

// MarshalJSON returns an object with the leads and the total, as far as they are known, or
// null.
func (p LeadPage[T]) MarshalJSON() ([]byte, error) {
	if p.Leads == nil && p.TotalCount == nil {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		Leads      []T    `json:"leads,omitzero"`
		TotalCount *int64 `json:"totalCount,omitempty"`
	}{p.Leads, p.TotalCount})
}
