// Package redisstore keeps the sessions of package ringcx in Redis 7 or a compatible server.
// It needs no client library: [New] takes a function that runs a Lua script, which every
// client has.
//
//	rdb := redis.NewClient(&redis.Options{Addr: "localhost:6379"}) // go-redis
//	store := redisstore.New(func(ctx context.Context, script string, keys []string, args ...any) (any, error) {
//		return rdb.Eval(ctx, script, keys, args...).Result()
//	})
//	client, err := ringcx.New(ringcx.Config{RingCentral: login, Store: store})
//
// Each call runs one script on one key, so that it is atomic and works in a cluster. A record
// contains tokens. Seal the Store (see [ringcx.Seal]) if others can read the server, its
// replicas or its dumps.
//
// A record expires 30 days after it was written last. The server must not evict it before:
// use maxmemory-policy noeviction, or volatile-lru with enough memory. If a record is lost,
// the processes sign in again. A failover that loses the last write leaves an older record,
// which package ringcx recognizes if a process that knows the newer one still runs. If the
// lost write is the one before a refresh, another process may send the same refresh token
// until the first one has written the new one: RingCX rejects it, and an exchange follows.
//
// Examples with go-redis (TLS, users, Sentinel, Cluster), rueidis and redigo are in
// https://github.com/ringcx-go/ringcx-go/tree/main/stores.
package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// Expiry is how long the server keeps a record after it was written last.
const Expiry = 30 * 24 * time.Hour

// keyPrefix is before the name of each record.
const keyPrefix = "ringcx:"

// The scripts return an array of strings and never nil, which some clients make an error of.
// A client may send a script again after its connection failed: then the record has the new
// version already, and the script changes nothing. With #!lua a read-only replica rejects the
// write script as a whole, also if the version differs.
const (
	loadScript = `
local r = redis.call('HMGET', KEYS[1], 'version', 'data')
if (r[1] or '') == '' then return {'none'} end
return {'found', r[1], r[2] or ''}`

	swapScript = `#!lua
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= '' and version == ARGV[2] then return {'done'} end
if version ~= ARGV[1] then return {'conflict'} end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) return {'done'} end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'data', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {'done'}`
)

// An EvalFunc runs a Lua script on the primary of the key and returns its result: a []any or
// []string whose elements are strings or []byte. It must be safe for concurrent use and
// return soon after ctx is done. It may send a script again if its result is not known.
type EvalFunc = func(ctx context.Context, script string, keys []string, args ...any) (any, error)

// Store is a [ringcx.Store] in Redis. Use [New] to create one. It is safe for concurrent use.
type Store struct{ eval EvalFunc }

var _ ringcx.Store = (*Store)(nil)

// New returns a Store that runs its scripts with eval, which must not be nil.
func New(eval EvalFunc) *Store { return &Store{eval} }

// Load implements [ringcx.Store].
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	r, err := s.run(ctx, "load", loadScript, key)
	if err != nil {
		return nil, "", err
	}
	switch {
	case r[0] == "none":
		return nil, "", nil
	case r[0] == "found" && len(r) == 3:
		return []byte(r[2]), r[1], nil
	}
	return nil, "", failed("load", key, fmt.Errorf("unexpected result %q of the script", r))
}

// CompareAndSwap implements [ringcx.Store]. Each version is random, so that none is used
// twice.
func (s *Store) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	if data != nil {
		newVersion = rand.Text()
	}
	r, err := s.run(ctx, "write", swapScript, key, version, newVersion, string(data), int64(Expiry/time.Second))
	switch {
	case err != nil:
		return "", err
	case r[0] == "conflict":
		return "", failed("write", key, ringcx.ErrConflict)
	case r[0] != "done":
		return "", failed("write", key, fmt.Errorf("unexpected result %q of the script", r[0]))
	}
	return newVersion, nil
}

// run runs a script on the record of key and returns its result, which has at least one
// element.
func (s *Store) run(ctx context.Context, step, script, key string, args ...any) ([]string, error) {
	result, err := s.eval(ctx, script, []string{keyPrefix + key}, args...)
	if err != nil {
		return nil, failed(step, key, err)
	}
	texts, err := toStrings(result)
	if err == nil && len(texts) == 0 {
		err = errors.New("the result of the script is empty")
	}
	if err != nil {
		return nil, failed(step, key, err)
	}
	return texts, nil
}

// failed returns the error of a step. It names the key in Redis.
func failed(step, key string, err error) error {
	advice := ""
	if strings.Contains(err.Error(), "WRONGTYPE") {
		advice = ": another program uses this key: choose another Config.Key"
	}
	return fmt.Errorf("redisstore: key %q: %s: %w%s", keyPrefix+key, step, err, advice)
}

// toStrings returns the elements of the result of a script.
func toStrings(result any) ([]string, error) {
	if texts, ok := result.([]string); ok {
		return texts, nil
	}
	elements, ok := result.([]any)
	if !ok {
		return nil, fmt.Errorf("the result of the script is %T, want []any", result)
	}
	texts := make([]string, len(elements))
	for i, e := range elements {
		switch v := e.(type) {
		case string:
			texts[i] = v
		case []byte:
			texts[i] = string(v)
		default:
			return nil, fmt.Errorf("element %d of the result is %T, want a string", i, e)
		}
	}
	return texts, nil
}
