package filestore_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// TestOneHandleEach runs the suite over two Stores of one folder in turn, as two
// processes would have them.
func TestOneHandleEach(t *testing.T) {
	storetest.Run(t, func(t *testing.T) ringcx.Store {
		dir := filepath.Join(t.TempDir(), "ringcx")
		return &pair{newStore(t, dir), newStore(t, dir)}
	})
}

// pair reads with one Store and writes with another.
type pair struct{ reads, writes ringcx.LeaseStore }

func (p *pair) Load(ctx context.Context, key string) ([]byte, string, error) {
	return p.reads.Load(ctx, key)
}

func (p *pair) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	return p.writes.CompareAndSwap(ctx, key, version, data)
}

func (p *pair) Hold(ctx context.Context, key, owner string) (func(), error) {
	return p.writes.Hold(ctx, key, owner)
}

func (p *pair) Held(ctx context.Context, key, owner string) (bool, error) {
	return p.reads.Held(ctx, key, owner)
}
