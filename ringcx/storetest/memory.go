package storetest

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// Memory is a Store in memory, for tests: clients that share one share a
// session, as processes do. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	records map[string]record
	writes  uint64 // counts on through deletions, so that no version comes twice
}

type record struct {
	data    []byte
	version string
}

var _ ringcx.Store = (*Memory)(nil)

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{records: map[string]record{}} }

// Load returns a copy of the record of key.
func (m *Memory) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, "", fmt.Errorf("storetest: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.records[key]
	return bytes.Clone(r.data), r.version, nil
}

// CompareAndSwap replaces the record of key by a copy of data if it is of the
// version named.
func (m *Memory) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("storetest: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records[key].version != version {
		return "", fmt.Errorf("storetest: %w", ringcx.ErrConflict)
	}
	if data == nil {
		delete(m.records, key)
		return "", nil
	}
	m.writes++
	r := record{data: bytes.Clone(data), version: strconv.FormatUint(m.writes, 10)}
	m.records[key] = r
	return r.version, nil
}
