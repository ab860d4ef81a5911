package names_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

func TestOrderOfObserved(t *testing.T) {
	list := names.Observed()
	for i, o := range list[1:] {
		before := list[i]
		if cmp.Or(cmp.Compare(before.Operation, o.Operation), cmp.Compare(before.Body, o.Body), cmp.Compare(before.Pointer, o.Pointer)) >= 0 {
			t.Errorf("%+v is after %+v", o, before)
		}
	}
	for _, o := range list {
		if len(o.Types) == 0 || !slices.IsSorted(o.Types) {
			t.Errorf("%+v: the types are missing or not in ascending order", o)
		}
	}
}
