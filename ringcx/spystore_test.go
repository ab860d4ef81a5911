package ringcx_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// spyStore is a Store that records its calls, and whose methods can be made to fail.
type spyStore struct {
	ringcx.Store
	mu     sync.Mutex
	broken string   // the method that fails: "load", "swap" or "both"
	hangs  bool     // a call that fails waits for the end of its context first
	keys   []string // in the order of their first use
	calls  int
}

// fails records a call of a method and returns an error if it must fail.
func (s *spyStore) fails(ctx context.Context, method, key string) error {
	err := s.called(method, key)
	if err != nil && s.hangs {
		<-ctx.Done()
	}
	return err
}

func (s *spyStore) called(method, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if !slices.Contains(s.keys, key) {
		s.keys = append(s.keys, key)
	}
	if s.broken == method || s.broken == "both" {
		return errors.New("the Store is broken")
	}
	return nil
}

// breaks makes a method fail from now on: "load", "swap" or "both", or "" for none.
func (s *spyStore) breaks(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = method
}

// breakAfter returns cfg with s as its Store. The method of s fails from the end of a
// request of stage on, before the process writes the result.
func (s *spyStore) breakAfter(cfg ringcx.Config, stage ringcx.Stage, method string) ringcx.Config {
	cfg.Store = s
	cfg.OnEvent = func(e ringcx.Event) {
		if e.Stage == stage {
			s.breaks(method)
		}
	}
	return cfg
}

func (s *spyStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	if err := s.fails(ctx, "load", key); err != nil {
		return nil, "", err
	}
	return s.Store.Load(ctx, key)
}

func (s *spyStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if err := s.fails(ctx, "swap", key); err != nil {
		return "", err
	}
	return s.Store.CompareAndSwap(ctx, key, version, data)
}

// fleet returns a fake, a Store, and a function that starts a process: a TokenSource. All
// processes share both.
func fleet(t *testing.T) (*ringcxtest.Server, *spyStore, func() *ringcx.TokenSource) {
	fake := ringcxtest.NewServer(t)
	store := &spyStore{Store: storetest.NewMemory()}
	return fake, store, func() *ringcx.TokenSource {
		cfg := fake.Config()
		cfg.Store = store
		return newTokenSource(t, cfg)
	}
}

// replace replaces the record with what change returns for it, as another process would.
func (s *spyStore) replace(t *testing.T, change func(data string) string) {
	t.Helper()
	data, version, err := s.Load(t.Context(), s.keys[0])
	if err != nil {
		t.Fatal(err)
	}
	must(s.CompareAndSwap(t.Context(), s.keys[0], version, []byte(change(string(data)))))
}
