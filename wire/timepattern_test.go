package wire_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ringcx-go/ringcx-go/wire"
)

// timePattern returns the pattern of Time in openapi.yaml.
func timePattern(tb testing.TB) *regexp.Regexp {
	tb.Helper()
	spec, err := openapi3.NewLoader().LoadFromFile("../openapi.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	for _, form := range spec.Components.Schemas["Time"].Value.OneOf {
		if form.Value.Type.Is("string") {
			return regexp.MustCompile(form.Value.Pattern)
		}
	}
	tb.Fatal("openapi.yaml has no pattern for Time")
	return nil
}

// checkPattern checks that the pattern matches s if and only if Time reads it. It returns
// whether Time reads it.
func checkPattern(tb testing.TB, pattern *regexp.Regexp, s string) bool {
	tb.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		tb.Fatal(err)
	}
	var v wire.Time
	if err := json.Unmarshal(text, &v); err != nil {
		tb.Fatal(err)
	}
	reads := v.Err() == nil
	if matches := pattern.MatchString(s); reads != matches {
		tb.Errorf("%q: Time reads it: %t, the pattern matches: %t", s, reads, matches)
	}
	return reads
}

// TestTimePattern compares Time with the pattern in openapi.yaml, for all leap days, all
// dates of some years, all times of day, all offsets, and changes of one character.
func TestTimePattern(t *testing.T) {
	pattern := timePattern(t)
	read := 0
	check := func(s string) {
		if checkPattern(t, pattern, s) {
			read++
		}
	}
	for year := range 10_000 {
		check(fmt.Sprintf("%04d-02-29", year))
	}
	for _, year := range []int{0, 1, 4, 100, 400, 1900, 1999, 2000, 2008, 2012, 2019, 2020, 2026, 2100, 9996, 9999} {
		for month := range 14 {
			for day := range 33 {
				check(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
			}
		}
	}
	for hour := range 26 {
		for minute := range 62 {
			check(fmt.Sprintf("2020-05-15T%02d:%02d:00Z", hour, minute))
			check(fmt.Sprintf("2020-05-15T20:38:%02d", minute))
			for _, form := range []string{"+%02d%02d", "-%02d%02d", "+%02d:%02d", "-%02d:%02d"} {
				check("2020-05-15T20:38:13.686" + fmt.Sprintf(form, hour, minute))
			}
		}
	}
	for _, s := range []string{
		"", "null", "2020-05-15", "2020-02-29", "2020-05-15T20:38:13", "2020-05-15T20:38:13Z", "2020-05-15T20:38:13,5",
		"2020-05-15T20:38:13.686+0000", "2020-05-15T20:38:13.123456789012-23:59", "2020-05-15T20:38:13+2359",
	} {
		check(s)
		changes(s, check)
	}
	t.Log(read, "texts are times")
}

// changes passes s with each character removed, replaced and preceded by another one.
func changes(s string, check func(string)) {
	for i := range len(s) + 1 {
		for _, c := range []string{"", "0", "1", "2", "3", "5", "6", "9", "-", "+", ":", ".", ",", "T", "t", "Z", "z", " ", "\n", "ü", "null"} {
			check(s[:i] + c + s[i:])
			if i < len(s) {
				check(s[:i] + c + s[i+1:])
			}
		}
		check(s[:i])
	}
}

// FuzzTimePattern is TestTimePattern for any text.
func FuzzTimePattern(f *testing.F) {
	f.Add("2020-05-15T20:38:13.686+0000")
	f.Add("2020-05-15")
	pattern := timePattern(f)
	f.Fuzz(func(t *testing.T, s string) { checkPattern(t, pattern, s) })
}
