package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

var swapBugs = []bugCase{
	swaps("last write wins", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, _ string, data []byte) (string, error) {
			return overwrite(ctx, m, key, data)
		}
	}, "create conflict", "swap conflict", "delete conflict", "deleted conflict", "re-create", "versions of keys", "concurrent swaps"),
	swaps("create overwrites", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if version == "" {
				return overwrite(ctx, m, key, data)
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "create conflict", "concurrent swaps"),
	swaps("delete ignores the version", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if data == nil {
				return overwrite(ctx, m, key, data)
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "delete conflict", "concurrent swaps"),
	swaps("swap creates an absent record", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if _, v, _ := m.Load(ctx, key); v == "" {
				version = ""
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "deleted conflict", "versions of keys"),
	swaps("conflict does not wrap ErrConflict", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if errors.Is(err, ringcx.ErrConflict) {
				err = errors.New(err.Error())
			}
			return v, err
		}
	}, "create conflict", "swap conflict", "concurrent swaps"),
	swaps("conflict overwrites the record", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if errors.Is(err, ringcx.ErrConflict) {
				overwrite(ctx, m, key, data)
			}
			return v, err
		}
	}, "create conflict", "swap conflict", "delete conflict", "deleted conflict"),
	swaps("returned version is wrong", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if v != "" {
				v += "?"
			}
			return v, err
		}
	}, "create", "swap", "binary data"),
	swaps("returned version is empty", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			_, err := m.CompareAndSwap(ctx, key, version, data)
			return "", err
		}
	}, "create"),
	swaps("deletion returns a version", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if data == nil && err == nil {
				v = "deleted"
			}
			return v, err
		}
	}, "delete"),
	swaps("versions restart after a deletion", versionsRestart, "re-create"),
	swaps("version never changes", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			m.mu.Lock()
			m.writes = 41
			m.mu.Unlock()
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "swap", "swap conflict", "re-create"),
	swaps("check and write are separate", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if _, v, err := m.Load(ctx, key); v != version || err != nil {
				return "", errors.Join(err, ringcx.ErrConflict)
			}
			time.Sleep(time.Millisecond) // in the synctest bubble
			return overwrite(ctx, m, key, data)
		}
	}, "concurrent swaps", "no lost update"),
	swaps("every swap after the first conflicts", func(*Memory) swapFunc {
		var written atomic.Bool
		return func(context.Context, string, string, []byte) (string, error) {
			if written.CompareAndSwap(false, true) {
				return "1", nil
			}
			return "", ringcx.ErrConflict
		}
	}, "delete", "concurrent swaps", "no lost update", "context ends during a call"),
	ended("ended context is a conflict", func() (string, error) { return "", ringcx.ErrConflict }, "context ended before", "context ends during a call"),
	ended("ended context is success", func() (string, error) { return "1", nil }, "context ended before", "context ends during a call"),
	ended("ended context blocks", func() (string, error) {
		time.Sleep(time.Hour) // in the synctest bubble
		return "", context.Canceled
	}, "context ended before", "context ends during a call"),
	swaps("lock stays after an error", func(m *Memory) swapFunc {
		var locked atomic.Bool
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if locked.Load() {
				return "", errors.New("locked")
			}
			v, err := m.CompareAndSwap(ctx, key, version, data)
			locked.Store(err != nil && !errors.Is(err, ringcx.ErrConflict))
			return v, err
		}
	}, "context ended before", "context ends during a call"),
}

// ended returns a bugCase whose CompareAndSwap returns result() if the context has ended.
func ended(name string, result func() (string, error), breaks ...string) bugCase {
	return swaps(name, func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if ctx.Err() != nil {
				return result()
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, breaks...)
}

// versionsRestart counts the versions of each record from 1.
func versionsRestart(m *Memory) swapFunc {
	return func(ctx context.Context, key, version string, data []byte) (string, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		r := m.records[key]
		if r.version != version {
			return "", ringcx.ErrConflict
		}
		if data == nil {
			delete(m.records, key)
			return "", nil
		}
		n := 0
		fmt.Sscan(r.version, &n)
		r = record{append([]byte{}, data...), fmt.Sprint(n + 1)}
		m.records[key] = r
		return r.version, nil
	}
}
