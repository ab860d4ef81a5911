package wire_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

// element is not comparable with ==.
type element struct {
	ID   int
	Tags []string
}

func numbered(ids ...int) (page []element) {
	for _, id := range ids {
		page = append(page, element{ID: id, Tags: []string{fmt.Sprint("tag of ", id)}})
	}
	return page
}

// pagesTests has servers that send the page with the given number.
var pagesTests = []struct {
	name    string
	first   int
	server  func(page int) []element
	want    []element
	fetched []int
}{
	{"pages from 0", 0, pagesFrom(0, numbered(1, 2), numbered(3, 4), numbered(5)), numbered(1, 2, 3, 4, 5), []int{0, 1, 2, 3}},
	{"pages from 1", 1, pagesFrom(1, numbered(1, 2), numbered(3)), numbered(1, 2, 3), []int{1, 2, 3}},
	{"no elements", 0, pagesFrom(0), nil, []int{0, 1}},
	{"no elements, pages from 1", 1, pagesFrom(1), nil, []int{1}},
	{"counts from 1, page 0 is empty", 0, pagesFrom(1, numbered(1), numbered(2)), numbered(1, 2), []int{0, 1, 2, 3}},
	{"counts from 1, page 0 is the first page", 0, func(page int) []element {
		return pagesFrom(1, numbered(1), numbered(2))(max(page, 1))
	}, numbered(1, 2), []int{0, 1, 2, 3}},
	{"ignores the page number", 0, func(int) []element { return numbered(1, 2, 3) }, numbered(1, 2, 3), []int{0, 1, 2}},
	{"caps maxRows: every page is short", 0, pagesFrom(0, numbered(1), numbered(2), numbered(3)), numbered(1, 2, 3), []int{0, 1, 2, 3}},
	{"repeats its last page", 0, func(page int) []element {
		return pagesFrom(0, numbered(1, 2), numbered(3))(min(page, 1))
	}, numbered(1, 2, 3), []int{0, 1, 2, 3}},
	{"an element moves to the next page", 0, pagesFrom(0, numbered(1, 2), numbered(2, 3), numbered(4)), numbered(1, 2, 2, 3, 4), []int{0, 1, 2, 3}},
	{"repeats a page once, twice", 0, pagesFrom(0, numbered(1), numbered(1), numbered(2), numbered(2), numbered(3)), numbered(1, 2, 3), []int{0, 1, 2, 3, 4, 5}},
	{"pages that differ at their ends", 0, pagesFrom(0, numbered(1, 2), numbered(1), numbered(1, 2), numbered(1, 3)), numbered(1, 2, 1, 1, 2, 1, 3), []int{0, 1, 2, 3, 4}},
}

// pagesFrom returns a server that counts from the given number.
func pagesFrom(first int, pages ...[]element) func(page int) []element {
	return func(page int) []element {
		if i := page - first; i >= 0 && i < len(pages) {
			return pages[i]
		}
		return nil
	}
}

// TestPages checks which pages are fetched and which elements are delivered.
func TestPages(t *testing.T) {
	for _, tt := range pagesTests {
		t.Run(tt.name, func(t *testing.T) {
			var fetched []int
			all := wire.Pages(t.Context(), tt.first, func(_ context.Context, page int) ([]element, error) {
				fetched = append(fetched, page)
				return tt.server(page), nil
			})
			for range 2 { // a second range begins again
				fetched = nil
				got, err := collectPages(all)
				if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
					t.Errorf("error is %v, elements (-want +got):\n%s", err, diff)
				}
				if diff := cmp.Diff(tt.fetched, fetched); diff != "" {
					t.Errorf("fetched pages (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// collectPages returns the elements before the error, and the error.
func collectPages[T any](all func(yield func(T, error) bool)) (got []T, failed error) {
	for e, err := range all {
		if failed != nil {
			return got, fmt.Errorf("yields %v after an error: %w", e, failed)
		}
		if failed = err; err == nil {
			got = append(got, e)
		}
	}
	return got, failed
}

// TestPagesUseASliceAgain has fetch return the same slice with other elements.
func TestPagesUseASliceAgain(t *testing.T) {
	page := make([]int, 1)
	got, err := collectPages(wire.Pages(t.Context(), 1, func(_ context.Context, n int) ([]int, error) {
		page[0] = n
		return page[:min(4-n, 1)], nil
	}))
	if diff := cmp.Diff([]int{1, 2, 3}, got); err != nil || diff != "" {
		t.Errorf("error is %v, elements (-want +got):\n%s", err, diff)
	}
}

// TestPagesThatNeverEnd checks the bound.
func TestPagesThatNeverEnd(t *testing.T) {
	fetched := 0
	got, err := collectPages(wire.Pages(t.Context(), 0, func(_ context.Context, page int) ([]int, error) {
		fetched++
		return []int{page}, nil
	}))
	if err == nil || !strings.Contains(err.Error(), "more than 10000 pages") {
		t.Errorf("error is %v, want one about the number of pages", err)
	}
	if len(got) != wire.MaxPages || fetched != wire.MaxPages {
		t.Errorf("%d elements of %d pages, want %d", len(got), fetched, wire.MaxPages)
	}
}

// TestPagesFail has the second page fail.
func TestPagesFail(t *testing.T) {
	cause := errors.New("no connection")
	got, err := collectPages(wire.Pages(t.Context(), 5, func(_ context.Context, page int) ([]element, error) {
		if page == 6 {
			return numbered(3), cause
		}
		return numbered(1, 2), nil
	}))
	if diff := cmp.Diff(numbered(1, 2), got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if !errors.Is(err, cause) || err.Error() != "page 6: no connection" {
		t.Errorf("error is %v, want page 6: %v", err, cause)
	}
}

// TestPagesEndWithTheContext cancels the context in the first page: its elements are
// delivered, and the second one is not fetched.
func TestPagesEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got, fetched []int
	var failed error
	for id, err := range wire.Pages(ctx, 0, func(_ context.Context, page int) ([]int, error) {
		fetched = append(fetched, page)
		return []int{1, 2, 3}, nil
	}) {
		if cancel(); err != nil {
			failed = err
			break
		}
		got = append(got, id)
	}
	if !errors.Is(failed, context.Canceled) || failed.Error() != "page 1: context canceled" {
		t.Errorf("error is %v, want page 1: %v", failed, context.Canceled)
	}
	if len(got) != 3 || len(fetched) != 1 {
		t.Errorf("elements %v of pages %v, want 3 elements of page 0", got, fetched)
	}
}

// TestPagesEndEarly leaves the loop within a page: no further page is fetched.
func TestPagesEndEarly(t *testing.T) {
	fetched := 0
	for id := range wire.Pages(t.Context(), 0, func(context.Context, int) ([]int, error) {
		fetched++
		return []int{1, 2}, nil
	}) {
		if id == 2 {
			break
		}
	}
	if fetched != 1 {
		t.Errorf("%d pages were fetched, want 1", fetched)
	}
}

// TestPagesPassTheContext checks the context of fetch.
func TestPagesPassTheContext(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	for range wire.Pages(ctx, 1, func(ctx context.Context, _ int) ([]int, error) {
		if ctx.Value(key{}) != "value" {
			t.Error("fetch gets another context")
		}
		return nil, nil
	}) {
		t.Error("an empty page yields an element")
	}
}
