package main

import (
	"context"
	"errors"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// failingStore is a Store whose call number fails returns err.
type failingStore struct {
	ringcx.Store
	fails int
	err   error
	calls int
}

func (s *failingStore) next() error {
	if s.calls++; s.calls == s.fails {
		return s.err
	}
	return nil
}

// Load implements ringcx.Store.
func (s *failingStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	if err := s.next(); err != nil {
		return nil, "", err
	}
	return s.Store.Load(ctx, key)
}

// CompareAndSwap implements ringcx.Store.
func (s *failingStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if err := s.next(); err != nil {
		return "", err
	}
	return s.Store.CompareAndSwap(ctx, key, version, data)
}

func TestCacheCheck(t *testing.T) {
	full := errors.New("the disk is full")
	tests := []struct {
		name  string
		fails int
		err   error
		want  error
	}{
		{"no failure", 0, nil, nil},
		{"reading fails", 1, full, full},
		{"writing fails", 2, full, full},
		{"deleting fails", 3, full, full},
		{"another doctor writes", 2, ringcx.ErrConflict, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := &failingStore{Store: storetest.NewMemory(), fails: tt.fails, err: tt.err}
			if err := (cache{store: store}).check(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("error is %v, want %v", err, tt.want)
			}
			data, _, err := store.Load(t.Context(), checkKey)
			if left := data != nil || err != nil; left != (tt.fails == 3) {
				t.Errorf("the record is %q, %v after the check", data, err)
			}
		})
	}
}
