package wire

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
)

// MaxPages is how many pages [Pages] fetches at most: 10,000. A server that never sends an
// empty page must not keep a program busy forever, and no list of a real account should be
// cut off: with 100 elements on a page these are a million elements, and at 120 requests a
// minute, RingCX's limit for most operations, they take more than 80 minutes.
const MaxPages = 10_000

// maxRepeats is how many further pages may repeat the last one before the list ends.
const maxRepeats = 2

// Pages returns an iterator over the elements of all pages of a list. It calls fetch with
// the page numbers first, first+1, and so on. It fetches a page when the elements of the
// page before have been consumed, and only then.
//
// RingCX documents neither how many elements a page has nor, for most lists, the number of
// the first page. A short page is therefore not the last one. The list ends with
//
//   - an empty page, except that page 1 is fetched even if page 0, as the first one, is
//     empty: the server may count from 1;
//   - two further pages that repeat the last one, because the server ignores the page
//     number, or sends its last page again. A repeated page is not delivered. Pages are
//     compared with [reflect.DeepEqual], when the next page has arrived: do not change what
//     the elements point to before that.
//
// The iterator yields at most one error, with the zero T, and then ends. Elements of earlier
// pages have already been delivered. The error wraps the one that fetch returned, or that of
// ctx, which is checked before each page, and contains the number of the page. After
// [MaxPages] pages it is an error that says so.
//
// A list that changes between two pages may deliver an element twice, or not at all. A
// program that copies the list should compare ids, and delete what is missing only after a
// complete list.
//
// The loop may end early. Ranging a second time begins with the first page again. An
// iterator can be used by multiple goroutines if fetch can.
func Pages[T any](ctx context.Context, first int, fetch func(ctx context.Context, page int) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		p := pager[T]{first: first, fetch: fetch}
		for n := range MaxPages {
			elements, more, err := p.next(ctx, first+n)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, e := range elements {
				if !yield(e, nil) {
					return
				}
			}
			if !more {
				return
			}
		}
		yield(zero, fmt.Errorf("wire: the list does not end: it has more than %d pages", MaxPages))
	}
}

// pager fetches the pages of one iteration.
type pager[T any] struct {
	first   int
	fetch   func(ctx context.Context, page int) ([]T, error)
	last    []T // the last page that was delivered
	repeats int // how many pages after it repeat it
}

// next fetches a page. It returns the elements to deliver, and whether more pages may
// follow.
func (p *pager[T]) next(ctx context.Context, page int) (elements []T, more bool, err error) {
	err = ctx.Err()
	if err == nil {
		elements, err = p.fetch(ctx, page)
	}
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("page %d: %w", page, err)
	case len(elements) == 0:
		return nil, page == 0 && p.first == 0, nil
	case reflect.DeepEqual(elements, p.last):
		p.repeats++
		return nil, p.repeats < maxRepeats, nil
	}
	p.repeats, p.last = 0, slices.Clone(elements) // fetch may use its slice again
	return elements, true, nil
}
