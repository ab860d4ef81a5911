package main

import (
	"path/filepath"
	"slices"
	"testing"
)

const timeCode = `package ringcx

import ("sync"; "time")

// A stamp is a time in milliseconds.
type stamp struct { At int64 ` + "`json:\"at\"`" + ` }

type both struct { at, wall time.Time }
type embeds struct { what string; both }
type watch struct { mu sync.Mutex; wall func() time.Time; seen *both; id string; odd time.Duration }

// Public is a time.
type Public struct { at time.Time }

type entry struct { id, owner string; at time.Time }            // mostly strings
type span struct { time.Duration }                              // no time
type stored struct { At time.Time ` + "`json:\"at\"`" + ` }     // part of a record
type owner struct { at time.Time; done chan struct{} }          // more than a time
type loop struct { next *loop }
`

func TestTimeTypes(t *testing.T) {
	p := loadCode(t, timeCode)
	if got, want := findTimeTypes(p, false), []string{"both", "embeds", "stamp", "watch"}; !slices.Equal(got, want) {
		t.Errorf("time types: got %v, want %v", got, want)
	}
}

func TestTimeTypesOfServertimeCountTheExportedOnes(t *testing.T) {
	p := loadCode(t, timeCode)
	got := measureTimes(p, p)
	want := []string{"both", "embeds", "stamp", "watch", "ringcx.Public", "ringcx.both", "ringcx.embeds", "ringcx.stamp", "ringcx.watch"}
	if !slices.Equal(got.shown, want) || !got.exceeded() {
		t.Errorf("time types: got %v, want %v, and more than %g", got.shown, want, got.limit)
	}
}

func TestContextFunctionsAreFoundThroughInterfacesAndValues(t *testing.T) {
	root := writeModule(t, map[string]string{
		"ringcx/source.go": `package ringcx
import "context"
type TokenSource struct { r renewer }
func (s *TokenSource) TokenContext(ctx context.Context) { s.r.renew(ctx); noContext() }
type renewer interface { renew(context.Context) }`,
		"ringcx/one.go": `package ringcx
import "context"
type one struct{}
func (*one) renew(ctx context.Context) { register(passed) }
func register(func(context.Context)) {}`,
		"ringcx/two.go": `package ringcx
import "context"
type two struct{}
func (two) renew(ctx context.Context) { generic[int](ctx) }`,
		"ringcx/generic.go": `package ringcx
import "context"
func generic[T any](ctx context.Context) {}`,
		"ringcx/passed.go": `package ringcx
import "context"
func passed(ctx context.Context) {}`,
		"ringcx/other.go": `package ringcx
import "context"
func noContext() {}
func notReached(ctx context.Context) {}`,
	})
	p, err := load(filepath.Join(root, "ringcx"))
	if err != nil {
		t.Fatal(err)
	}
	got := measureContext(p)
	if want := []string{"generic.go", "one.go", "passed.go", "source.go", "two.go"}; !slices.Equal(got.shown, want) {
		t.Errorf("files: got %v, want %v", got.shown, want)
	}
}

func TestTokenContextMustExist(t *testing.T) {
	if got := measureContext(loadCode(t, "package ringcx\n")); !got.exceeded() {
		t.Errorf("without TokenContext: got %+v, want a limit that is exceeded", got)
	}
}
