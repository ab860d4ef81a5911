package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/redisstore"
)

// Stores on a real server are tested in the module stores.

// TestResults returns results of a script as clients do. A result that no script returns is
// an error.
func TestResults(t *testing.T) {
	failed := errors.New("WRONGTYPE Operation against a key holding the wrong kind of value")
	tests := []struct {
		name        string
		result      any
		err         error
		wantLoad    string // in the error, or "" for success
		wantWrite   string
		data        []byte
		version     string
		wrapped     error
		onlyOnWrite bool
	}{
		{name: "found, as strings", result: []any{"found", "v1", "data"}, data: []byte("data"), version: "v1", wantWrite: "unexpected result"},
		{name: "found, as bytes", result: []any{[]byte("found"), []byte("v1"), []byte("data")}, data: []byte("data"), version: "v1", wantWrite: "unexpected result"},
		{name: "found, as a slice of strings", result: []string{"found", "v1", ""}, data: []byte{}, version: "v1", wantWrite: "unexpected result"},
		{name: "none", result: []any{"none"}, wantWrite: "unexpected result"},
		{name: "done", result: []any{"done"}, wantLoad: "unexpected result"},
		{name: "conflict", result: []any{"conflict"}, wantLoad: "unexpected result", wantWrite: "changed by another process", wrapped: ringcx.ErrConflict, onlyOnWrite: true},
		{name: "found without data", result: []any{"found", "v1"}, wantLoad: "unexpected result", wantWrite: "unexpected result"},
		{name: "empty", result: []any{}, wantLoad: "is empty", wantWrite: "is empty"},
		{name: "nil", result: nil, wantLoad: "<nil>", wantWrite: "<nil>"},
		{name: "a number", result: int64(1), wantLoad: "int64", wantWrite: "int64"},
		{name: "a number in the array", result: []any{"found", int64(1), "x"}, wantLoad: "element 1", wantWrite: "element 1"},
		{name: "an error", err: failed, wantLoad: "another Config.Key", wantWrite: "another Config.Key", wrapped: failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := redisstore.New(func(context.Context, string, []string, ...any) (any, error) { return tt.result, tt.err })
			data, version, err := store.Load(t.Context(), "key")
			wantError(t, err, "load", tt.wantLoad)
			if diff := cmp.Diff([]any{tt.data, tt.version}, []any{data, version}); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
			if tt.wrapped != nil && !tt.onlyOnWrite && !errors.Is(err, tt.wrapped) {
				t.Errorf("the error %v does not wrap %v", err, tt.wrapped)
			}
			_, err = store.CompareAndSwap(t.Context(), "key", "v1", []byte("x"))
			wantError(t, err, "write", tt.wantWrite)
			if tt.wrapped != nil && !errors.Is(err, tt.wrapped) {
				t.Errorf("the error %v does not wrap %v", err, tt.wrapped)
			}
		})
	}
}

// wantError checks that an error names the store, the key and the step.
func wantError(t *testing.T, err error, step, text string) {
	t.Helper()
	if text == "" {
		if err != nil {
			t.Errorf("%s returns %v, want no error", step, err)
		}
		return
	}
	prefix := `redisstore: key "ringcx:key": ` + step + ": "
	if err == nil || !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s returns %v, want an error that begins with %q and has %q", step, err, prefix, text)
	}
}

// TestArguments checks what a write passes to its script.
func TestArguments(t *testing.T) {
	for _, data := range [][]byte{[]byte("x"), {}, nil} {
		var keys []string
		var args []any
		store := redisstore.New(func(_ context.Context, _ string, k []string, a ...any) (any, error) {
			keys, args = k, a
			return []any{"done"}, nil
		})
		version, err := store.CompareAndSwap(t.Context(), "key", "v1", data)
		if err != nil || (version == "") != (data == nil) {
			t.Errorf("version %q, %v", version, err)
		}
		want := []any{"v1", version, string(data), int64(30 * 24 * 60 * 60)}
		if diff := cmp.Diff([]any{[]string{"ringcx:key"}, want}, []any{keys, args}); diff != "" {
			t.Errorf("keys and arguments (-want +got):\n%s", diff)
		}
	}
}
