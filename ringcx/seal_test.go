package ringcx_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

func sealKey(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func seal(t *testing.T, store ringcx.Store, key byte, older ...byte) ringcx.Store {
	t.Helper()
	var rest [][]byte
	for _, k := range older {
		rest = append(rest, sealKey(k))
	}
	sealed, err := ringcx.Seal(store, sealKey(key), rest...)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// TestSealIsAStore runs the contract of a Store, and of a LeaseStore, over Seal.
func TestSealIsAStore(t *testing.T) {
	t.Run("Store", func(t *testing.T) {
		memory := storetest.NewMemory()
		storetest.Run(t, func(t *testing.T) ringcx.Store { return seal(t, memory, 1) })
	})
	t.Run("LeaseStore", func(t *testing.T) {
		dir := t.TempDir() + "/ringcx"
		storetest.Run(t, func(t *testing.T) ringcx.Store {
			files, err := filestore.New(dir)
			if err != nil {
				t.Fatal(err)
			}
			sealed := seal(t, files, 1)
			if _, ok := sealed.(ringcx.LeaseStore); !ok {
				t.Fatal("a sealed LeaseStore is not a LeaseStore")
			}
			return sealed
		})
	})
}

// TestSealHidesTokens runs a session over Seal. The Store below has none of its tokens.
func TestSealHidesTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		memory := storetest.NewMemory()
		cfg := fake.Config()
		cfg.Store, cfg.Key = seal(t, memory, 1), "session"
		tokens, err := ringcx.NewTokenSource(cfg)
		if err != nil {
			t.Fatal(err)
		}
		token, err := tokens.Token()
		if err != nil {
			t.Fatal(err)
		}
		if err := tokens.Close(); err != nil {
			t.Fatal(err)
		}
		data, _, err := memory.Load(t.Context(), "session/2")
		if err != nil || len(data) == 0 {
			t.Fatalf("record of %d bytes, %v", len(data), err)
		}
		for _, text := range []string{token.AccessToken, "access", "refresh", "rc_until"} {
			if strings.Contains(string(data), text) {
				t.Errorf("the sealed record contains %q", text)
			}
		}
		plain, _, err := cfg.Store.Load(t.Context(), "session/2")
		if err != nil || !strings.Contains(string(plain), token.AccessToken) {
			t.Errorf("the opened record does not contain the token: %v", err)
		}
	})
}

// TestSealedRecordThatDoesNotOpen loads records that cannot be opened. Each is an error, and
// nothing is overwritten.
func TestSealedRecordThatDoesNotOpen(t *testing.T) {
	tests := []struct {
		name   string
		change func(sealed []byte) []byte
		key    byte
		record string
		want   string
	}{
		{name: "another key", key: 9, want: "another key"},
		{name: "another record", record: "other", want: "moved"},
		{name: "changed", change: func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, want: "changed"},
		{name: "changed key id", change: func(b []byte) []byte { b[len("ringcx-seal-1\n")] ^= 1; return b }, want: "another key"},
		{name: "cut off", change: func(b []byte) []byte { return b[:len(b)/2] }, want: "changed"},
		{name: "cut off in the key id", change: func(b []byte) []byte { return b[:16] }, want: "not sealed"},
		{name: "not sealed", change: func([]byte) []byte { return []byte(`{"gen":1}`) }, want: "not sealed"},
		{name: "empty", change: func([]byte) []byte { return []byte{} }, want: "not sealed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			memory, ctx := storetest.NewMemory(), t.Context()
			if _, err := seal(t, memory, 1).CompareAndSwap(ctx, "session", "", []byte("plain")); err != nil {
				t.Fatal(err)
			}
			sealed, version, err := memory.Load(ctx, "session")
			if err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				if _, err := memory.CompareAndSwap(ctx, "session", version, tt.change(sealed)); err != nil {
					t.Fatal(err)
				}
			}
			key, record := byte(1), "session"
			if tt.key != 0 {
				key = tt.key
			}
			if tt.record != "" {
				record = tt.record
				if _, err := memory.CompareAndSwap(ctx, record, "", sealed); err != nil {
					t.Fatal(err)
				}
			}
			data, _, err := seal(t, memory, key).Load(ctx, record)
			if data != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %q, %v, want an error with %q", data, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "plain") {
				t.Errorf("the error contains the record: %v", err)
			}
		})
	}
}

// TestSealKeyChange reads a record with an older key, and seals it with the first one.
func TestSealKeyChange(t *testing.T) {
	memory, ctx := storetest.NewMemory(), t.Context()
	if _, err := seal(t, memory, 1).CompareAndSwap(ctx, "k", "", []byte("data")); err != nil {
		t.Fatal(err)
	}
	both := seal(t, memory, 2, 1)
	data, version, err := both.Load(ctx, "k")
	if err != nil || string(data) != "data" {
		t.Fatalf("with the older key: %q, %v", data, err)
	}
	if _, err := both.CompareAndSwap(ctx, "k", version, data); err != nil {
		t.Fatal(err)
	}
	if data, _, err := seal(t, memory, 2).Load(ctx, "k"); err != nil || string(data) != "data" {
		t.Errorf("with the new key: %q, %v", data, err)
	}
	if _, _, err := seal(t, memory, 1).Load(ctx, "k"); err == nil {
		t.Error("the old key opens what the new key sealed")
	}
}

// TestSealEmptyRecord reads a record without bytes. It must not look like a record that does
// not exist, whose data are nil.
func TestSealEmptyRecord(t *testing.T) {
	sealed := seal(t, storetest.NewMemory(), 1)
	if _, err := sealed.CompareAndSwap(t.Context(), "k", "", []byte{}); err != nil {
		t.Fatal(err)
	}
	if data, version, err := sealed.Load(t.Context(), "k"); data == nil || len(data) > 0 || version == "" || err != nil {
		t.Errorf("Load = %#v, %q, %v, want empty data that are not nil", data, version, err)
	}
}

// TestSealWithAWrongKeyKeepsTheRecord gives a process of a fleet the wrong key. It gets tokens
// of its own and does not overwrite the record.
func TestSealWithAWrongKeyKeepsTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		memory := storetest.NewMemory()
		start := func(key byte) *ringcx.TokenSource {
			cfg := fake.Config()
			cfg.Store, cfg.Key = seal(t, memory, key), "session"
			tokens, err := ringcx.NewTokenSource(cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { tokens.Close() })
			return tokens
		}
		first := start(1)
		if _, err := first.Token(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		before, version, err := memory.Load(t.Context(), "session/2")
		if err != nil {
			t.Fatal(err)
		}
		second := start(2)
		_, err = second.Token()
		if err == nil || !strings.Contains(err.Error(), "another key") {
			time.Sleep(time.Minute)
		}
		after, now, err := memory.Load(t.Context(), "session/2")
		if err != nil || now != version || !bytes.Equal(before, after) {
			t.Errorf("the record was overwritten: version %s, then %s, %v", version, now, err)
		}
	})
}

func TestSealRejectsKeys(t *testing.T) {
	for _, keys := range [][][]byte{{nil}, {sealKey(1)[:16]}, {sealKey(1), sealKey(2)[:31]}, {append(sealKey(1), 0)}} {
		if _, err := ringcx.Seal(storetest.NewMemory(), keys[0], keys[1:]...); err == nil || !strings.Contains(err.Error(), "want 32") {
			t.Errorf("%d keys of %d bytes: error is %v", len(keys), len(keys[len(keys)-1]), err)
		}
	}
	if _, err := ringcx.Seal(nil, sealKey(1)); err == nil {
		t.Error("a nil Store is accepted")
	}
	if _, err := seal(t, storetest.NewMemory(), 1).CompareAndSwap(t.Context(), "k", "9", []byte("x")); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("a conflict is %v", err)
	}
}
