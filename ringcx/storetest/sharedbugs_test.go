package storetest

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// sharedBugs are bugs that only two Stores of one database show.
var sharedBugs = []bugCase{
	swaps("each Store counts versions from 1", func(m *Memory) swapFunc {
		var writes atomic.Int64
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if _, err := m.CompareAndSwap(ctx, key, version, data); err != nil || data == nil {
				return "", err
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			r := record{m.records[key].data, fmt.Sprint(writes.Add(1))}
			m.records[key] = r
			return r.version, nil
		}
	}, "two Stores"),
	{"each Store checks the version that it read last", []string{"two Stores"}, func(m *Memory) ringcx.Store {
		last := map[string]string{}
		return buggyStore{Memory: m,
			load: func(ctx context.Context, key string) ([]byte, string, error) {
				data, version, err := m.Load(ctx, key)
				last[key] = version
				return data, version, err
			},
			swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
				if v, ok := last[key]; ok && v != version {
					return "", ringcx.ErrConflict
				}
				v, err := overwrite(ctx, m, key, data)
				last[key] = v
				return v, err
			}}
	}},
}
