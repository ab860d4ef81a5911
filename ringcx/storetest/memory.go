package storetest

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// Memory is a [ringcx.Store] in memory, for tests. Clients that use the same Memory share a
// session, as processes with the same database do. It is safe for concurrent use and can be
// used in a testing/synctest bubble. Use [NewMemory] to create one.
type Memory struct {
	mu      sync.Mutex
	records map[string]record
	writes  uint64 // the last version of any record; never decreases, so no version is used twice
}

type record struct {
	data    []byte
	version string
}

var _ ringcx.Store = (*Memory)(nil)

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{records: map[string]record{}} }

// Load returns a copy of the record of key and its version. If the record does not exist,
// data is nil and version is "". If ctx has ended, Load returns an error that wraps the
// error of ctx.
func (m *Memory) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, "", fmt.Errorf("storetest: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.records[key]
	return bytes.Clone(r.data), r.version, nil
}

// CompareAndSwap replaces the record of key with a copy of data, or deletes it if data is
// nil. Version "" means that the record must not exist. If version is not the version of the
// record, CompareAndSwap returns an error that wraps [ringcx.ErrConflict]. If ctx has ended,
// it returns an error that wraps the error of ctx.
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
