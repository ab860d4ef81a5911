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

// buggyStore is a Memory with another Load or CompareAndSwap.
type buggyStore struct {
	*Memory
	load loadFunc
	swap swapFunc
}

func (b buggyStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	if b.load == nil {
		return b.Memory.Load(ctx, key)
	}
	return b.load(ctx, key)
}

func (b buggyStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if b.swap == nil {
		return b.Memory.CompareAndSwap(ctx, key, version, data)
	}
	return b.swap(ctx, key, version, data)
}

// overwrite writes a record of any version.
func overwrite(ctx context.Context, m *Memory, key string, data []byte) (string, error) {
	_, version, err := m.Load(ctx, key)
	if err != nil {
		return "", err
	}
	return m.CompareAndSwap(ctx, key, version, data)
}

// bugCase is a Store with a bug and the names of the rules that must fail for it.
type bugCase struct {
	name   string
	breaks []string // names of rules
	store  func(m *Memory) ringcx.Store
}

// loads returns a bugCase with a bug in Load.
func loads(name string, bug func(m *Memory) loadFunc, breaks ...string) bugCase {
	return bugCase{name, breaks, func(m *Memory) ringcx.Store { return buggyStore{Memory: m, load: bug(m)} }}
}

// swaps returns a bugCase with a bug in CompareAndSwap.
func swaps(name string, bug func(m *Memory) swapFunc, breaks ...string) bugCase {
	return bugCase{name, breaks, func(m *Memory) ringcx.Store { return buggyStore{Memory: m, swap: bug(m)} }}
}

// keyed returns a bugCase whose Store changes keys.
func keyed(name string, change func(key string) string, breaks ...string) bugCase {
	return bugCase{name, breaks, func(m *Memory) ringcx.Store {
		return buggyStore{m,
			func(ctx context.Context, key string) ([]byte, string, error) { return m.Load(ctx, change(key)) },
			func(ctx context.Context, key, version string, data []byte) (string, error) {
				return m.CompareAndSwap(ctx, change(key), version, data)
			}}
	}}
}

// stored returns a bugCase whose Store changes data before it writes it.
func stored(name string, change func(data []byte) []byte, breaks ...string) bugCase {
	return swaps(name, func(m *Memory) swapFunc {
		return func(ctx context.Context, key, version string, data []byte) (string, error) {
			if data != nil {
				data = change(data)
			}
			return m.CompareAndSwap(ctx, key, version, data)
		}
	}, breaks...)
}

var bugs = []bugCase{
	loads("Load of an absent record returns empty data", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			data, version, err := m.Load(ctx, key)
			return append([]byte{}, data...), version, err
		}
	}, "absent", "delete"),
	loads("Load of an absent record returns version 0", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			data, version, err := m.Load(ctx, key)
			if version == "" {
				version = "0"
			}
			return data, version, err
		}
	}, "absent"),
	loads("Load of an absent record returns an error", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			data, version, err := m.Load(ctx, key)
			if version == "" {
				err = errors.New("no rows")
			}
			return data, version, err
		}
	}, "absent"),
	loads("Load returns data without a copy", func(m *Memory) loadFunc {
		return func(_ context.Context, key string) ([]byte, string, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.records[key].data, m.records[key].version, nil
		}
	}, "data is copied"),
	loads("Load with an ended context returns no record", func(m *Memory) loadFunc {
		return func(ctx context.Context, key string) ([]byte, string, error) {
			if ctx.Err() != nil {
				return nil, "", nil
			}
			return m.Load(ctx, key)
		}
	}, "context ended before"),
	loads("Load returns an old record", func(m *Memory) loadFunc {
		type result struct {
			data    []byte
			version string
		}
		cache := map[string]result{}
		return func(ctx context.Context, key string) ([]byte, string, error) {
			m.mu.Lock()
			old, ok := cache[key]
			cache[key] = result{bytes.Clone(m.records[key].data), m.records[key].version}
			m.mu.Unlock()
			if ok {
				return bytes.Clone(old.data), old.version, nil
			}
			return m.Load(ctx, key)
		}
	}, "swap"),
	keyed("keys ignore case", strings.ToLower, "keys"),
	keyed("keys are cleaned as paths", path.Clean, "keys"),
	keyed("keys are truncated", func(key string) string { return key[:min(len(key), 255)] }, "keys"),
	keyed("keys lose other letters than ASCII", func(key string) string {
		return strings.Map(func(r rune) rune { return min(r, '?'+64) }, key)
	}, "keys"),
	keyed("all keys are one record", func(string) string { return "" }, "keys", "versions of keys"),
	stored("data is converted to UTF-8", func(data []byte) []byte { return bytes.ToValidUTF8(data, []byte("?")) }, "binary data"),
	stored("space is trimmed", bytes.TrimSpace, "binary data"),
	stored("data is truncated to 64 KiB", func(data []byte) []byte { return data[:min(len(data), 1<<16)] }, "large data"),
	stored("empty data deletes", func(data []byte) []byte {
		if len(data) == 0 {
			return nil
		}
		return data
	}, "empty data"),
	{"CompareAndSwap stores data without a copy", []string{"data is copied"}, func(m *Memory) ringcx.Store {
		return buggyStore{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
			newVersion, err := m.CompareAndSwap(ctx, key, version, data)
			if err == nil && data != nil {
				m.mu.Lock()
				m.records[key] = record{data, newVersion}
				m.mu.Unlock()
			}
			return newVersion, err
		}}
	}},
	{"partial write", []string{"context ends during a call"}, func(m *Memory) ringcx.Store {
		return buggyStore{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
			if ctx.Err() == nil && ctx.Err() != nil { // ended between the two checks
				m.CompareAndSwap(context.Background(), key, version, data[:len(data)/2])
				return "", ctx.Err()
			}
			return m.CompareAndSwap(context.WithoutCancel(ctx), key, version, data)
		}}
	}},
	{"record is written in two steps", []string{"no lost update"}, func(m *Memory) ringcx.Store {
		return buggyStore{Memory: m, swap: func(ctx context.Context, key, version string, data []byte) (string, error) {
			half := data[:len(data)/2]
			v, err := m.CompareAndSwap(ctx, key, version, half)
			if err != nil || data == nil {
				return v, err
			}
			time.Sleep(time.Millisecond) // in the synctest bubble
			return m.CompareAndSwap(ctx, key, v, data)
		}}
	}},
}
