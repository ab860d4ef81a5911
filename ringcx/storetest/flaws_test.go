package storetest

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

type (
	loadFunc = func(ctx context.Context, key string) ([]byte, string, error)
	swapFunc = func(ctx context.Context, key, version string, data []byte) (string, error)
)

// flawed is a Memory with another Load or CompareAndSwap.
type flawed struct {
	*Memory
	load loadFunc
	swap swapFunc
}

func (f flawed) Load(ctx context.Context, key string) ([]byte, string, error) {
	if f.load == nil {
		return f.Memory.Load(ctx, key)
	}
	return f.load(ctx, key)
}

func (f flawed) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if f.swap == nil {
		return f.Memory.CompareAndSwap(ctx, key, version, data)
	}
	return f.swap(ctx, key, version, data)
}

// overwrite writes without a look at the version.
func overwrite(ctx context.Context, m *Memory, key string, data []byte) (string, error) {
	_, version, err := m.Load(ctx, key)
	if err != nil {
		return "", err
	}
	return m.CompareAndSwap(ctx, key, version, data)
}

// flaw is a Store with a bug, and the rules that have to find it.
type flaw struct {
	name   string
	breaks []string
	store  func(m *Memory) ringcx.Store
}

// loads and swaps make flaws of one method.
func loads(name string, bug func(m *Memory) loadFunc, breaks ...string) flaw {
	return flaw{name, breaks, func(m *Memory) ringcx.Store { return flawed{Memory: m, load: bug(m)} }}
}

func swaps(name string, bug func(m *Memory) swapFunc, breaks ...string) flaw {
	return flaw{name, breaks, func(m *Memory) ringcx.Store { return flawed{Memory: m, swap: bug(m)} }}
}

// keyed makes a flaw of a Store that changes keys.
func keyed(name string, change func(key string) string, breaks ...string) flaw {
	return flaw{name, breaks, func(m *Memory) ringcx.Store {
		return flawed{m,
			func(ctx context.Context, key string) ([]byte, string, error) { return m.Load(ctx, change(key)) },
			func(ctx context.Context, key, version string, data []byte) (string, error) {
				return m.CompareAndSwap(ctx, change(key), version, data)
			}}
	}}
}

// stored makes a flaw of a Store that changes data on its way in.
func stored(name string, change func(data []byte) []byte, breaks ...string) flaw {
	return swaps(name, func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if data != nil {
				data = change(data)
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, breaks...)
}

var flaws = []flaw{
	loads("absent is empty data", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			data, version, err := m.Load(ctx, key)
			return append([]byte{}, data...), version, err
		}
	}, "absent", "delete"),
	loads("absent is version 0", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			data, version, err := m.Load(ctx, key)
			if version == "" {
				version = "0"
			}
			return data, version, err
		}
	}, "absent"),
	loads("absent is an error", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			data, version, err := m.Load(ctx, key)
			if version == "" {
				err = errors.New("no rows")
			}
			return data, version, err
		}
	}, "absent"),
	loads("Load returns its own data", func(m *Memory) loadFunc {
		return func(_ context.Context, key string) ([]byte, string, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.records[key].data, m.records[key].version, nil
		}
	}, "private copy"),
	loads("ended context is absent", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			if ctx.Err() != nil {
				return nil, "", nil
			}
			return m.Load(ctx, key)
		}
	}, "context ended"),
	loads("stale read", func(m *Memory) loadFunc {
		type answer struct {
			data    []byte
			version string
		}
		cache := map[string]answer{}
		return func(ctx context.Context, key string) ([]byte, string, error) {
			m.mu.Lock()
			old, ok := cache[key]
			cache[key] = answer{bytes.Clone(m.records[key].data), m.records[key].version}
			m.mu.Unlock()
			if ok {
				return bytes.Clone(old.data), old.version, nil
			}
			return m.Load(ctx, key)
		}
	}, "swap"),
	keyed("case of keys", strings.ToLower, "keys"),
	keyed("keys as paths", path.Clean, "keys"),
	keyed("keys cut", func(key string) string { return key[:min(len(key), 255)] }, "keys"),
	keyed("keys in ASCII", func(key string) string {
		return strings.Map(func(r rune) rune { return min(r, '?'+64) }, key)
	}, "keys"),
	keyed("one record", func(string) string { return "" }, "keys", "versions of keys"),
	stored("text only", func(data []byte) []byte { return bytes.ToValidUTF8(data, []byte("?")) }, "binary"),
	stored("space trimmed", bytes.TrimSpace, "binary"),
	stored("64 KiB", func(data []byte) []byte { return data[:min(len(data), 1<<16)] }, "big"),
	stored("empty deletes", func(data []byte) []byte {
		if len(data) == 0 {
			return nil
		}
		return data
	}, "empty"),
	{"written data is kept", []string{"private copy"}, func(m *Memory) ringcx.Store {
		return flawed{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
			newVersion, err := m.CompareAndSwap(ctx, key, version, data)
			if err == nil && data != nil {
				m.mu.Lock()
				m.records[key] = record{data, newVersion}
				m.mu.Unlock()
			}
			return newVersion, err
		}}
	}},
	{"torn write", []string{"context ends midway"}, func(m *Memory) ringcx.Store {
		return flawed{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
			if ctx.Err() == nil && ctx.Err() != nil { // ended in between
				m.CompareAndSwap(context.Background(), key, version, data[:len(data)/2])
				return "", ctx.Err()
			}
			return m.CompareAndSwap(context.WithoutCancel(ctx), key, version, data)
		}}
	}},
	{"torn read", []string{"no lost update"}, func(m *Memory) ringcx.Store {
		return flawed{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
			half := data[:len(data)/2]
			v, err := m.CompareAndSwap(ctx, key, version, half)
			if err != nil || data == nil {
				return v, err
			}
			time.Sleep(time.Millisecond) // of the bubble
			return m.CompareAndSwap(ctx, key, v, data)
		}}
	}},
}
