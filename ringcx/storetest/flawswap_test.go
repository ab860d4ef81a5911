package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

var swapFlaws = []flaw{
	swaps("last write wins", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, _ string, data []byte) (string, error) {
			return overwrite(ctx, m, key, data)
		}
	}, "create conflict", "swap conflict", "delete conflict", "deleted conflict", "re-create", "versions of keys", "one winner"),
	swaps("create overwrites", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if version == "" {
				return overwrite(ctx, m, key, data)
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "create conflict", "one winner"),
	swaps("delete takes any version", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if data == nil {
				return overwrite(ctx, m, key, data)
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "delete conflict", "one winner"),
	swaps("swap creates", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if _, v, _ := m.Load(ctx, key); v == "" {
				version = ""
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "deleted conflict", "versions of keys"),
	swaps("conflict of another kind", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if errors.Is(err, ringcx.ErrConflict) {
				err = errors.New(err.Error())
			}
			return v, err
		}
	}, "create conflict", "swap conflict", "one winner"),
	swaps("conflict, and written", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if errors.Is(err, ringcx.ErrConflict) {
				overwrite(ctx, m, key, data)
			}
			return v, err
		}
	}, "create conflict", "swap conflict", "delete conflict", "deleted conflict"),
	swaps("a version that nobody knows", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if v != "" {
				v += "?"
			}
			return v, err
		}
	}, "create", "swap", "binary"),
	swaps("no version", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			_, err := m.CompareAndSwap(ctx, key, version, data)
			return "", err
		}
	}, "create"),
	swaps("a version of what was deleted", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			v, err := m.CompareAndSwap(ctx, key, version, data)
			if data == nil && err == nil {
				v = "deleted"
			}
			return v, err
		}
	}, "delete"),
	swaps("versions start again", versionsStartAgain, "re-create"),
	swaps("one version", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			m.mu.Lock()
			m.writes = 41
			m.mu.Unlock()
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, "swap", "swap conflict", "re-create"),
	swaps("check, then write", func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if _, v, err := m.Load(ctx, key); v != version || err != nil {
				return "", errors.Join(err, ringcx.ErrConflict)
			}
			time.Sleep(time.Millisecond) // of the bubble
			return overwrite(ctx, m, key, data)
		}
	}, "one winner", "no lost update"),
	swaps("always a conflict", func(*Memory) swapFunc {
		var written atomic.Bool
		return func(context.Context, string, string, []byte) (string, error) {
			if written.CompareAndSwap(false, true) {
				return "1", nil
			}
			return "", ringcx.ErrConflict
		}
	}, "delete", "one winner", "no lost update", "context ends midway"),
	ended("ended context is a conflict", func() (string, error) { return "", ringcx.ErrConflict }, "context ended", "context ends midway"),
	ended("ended context is success", func() (string, error) { return "1", nil }, "context ended", "context ends midway"),
	ended("ended context hangs", func() (string, error) {
		time.Sleep(time.Hour) // of the bubble
		return "", context.Canceled
	}, "context ended", "context ends midway"),
	swaps("a lock is left behind", func(m *Memory) swapFunc {
		var locked atomic.Bool
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if locked.Load() {
				return "", errors.New("locked")
			}
			v, err := m.CompareAndSwap(ctx, key, version, data)
			locked.Store(err != nil && !errors.Is(err, ringcx.ErrConflict))
			return v, err
		}
	}, "context ended", "context ends midway"),
}

// ended makes a flaw of how a Store answers once the context has ended.
func ended(name string, answer func() (string, error), breaks ...string) flaw {
	return swaps(name, func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if ctx.Err() != nil {
				return answer()
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, breaks...)
}

// versionsStartAgain counts each record's versions from 1, as a column would.
func versionsStartAgain(m *Memory) swapFunc {
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
