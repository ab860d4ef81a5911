package ringcx_test

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// simStore is the Store of a simulation. Hosts reach it through links of their
// own, which can fail.
type simStore struct {
	mu      sync.Mutex
	records map[string]*simRecord
	holders map[string]*simLink // by owner
	tokens  map[string]bool     // refresh tokens that were written
	reads   int
	writes  int
}

type simRecord struct {
	data    []byte
	version int
	before  [][]byte // what data replaced, the last one last
}

func newSimStore() *simStore {
	return &simStore{records: map[string]*simRecord{}, holders: map[string]*simLink{}, tokens: map[string]bool{}}
}

// record must be called with the lock held.
func (s *simStore) record(key string) *simRecord {
	if s.records[key] == nil {
		s.records[key] = &simRecord{}
	}
	return s.records[key]
}

// read returns the record, or with stale the one before.
func (s *simStore) read(key string, stale bool) ([]byte, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	r := s.record(key)
	if before := r.old(1); stale && before != nil {
		return before, strconv.Itoa(r.version - 1)
	}
	if r.data == nil {
		return nil, ""
	}
	return r.data, strconv.Itoa(r.version)
}

// swap replaces the record. What change makes of it is written.
func (s *simStore) swap(key, version string, data []byte, change func(now, next []byte) []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, current := s.record(key), ""
	if r.data != nil {
		current = strconv.Itoa(r.version)
	}
	if version != current {
		return "", fmt.Errorf("version is %s: %w", current, ringcx.ErrConflict)
	}
	s.writes++
	for _, token := range minted.FindAllString(string(data), -1) {
		s.tokens[token] = true
	}
	r.put(change(r.data, data))
	return strconv.Itoa(r.version), nil
}

const memory = 8 // of a record: how many writes back it can be put

func (r *simRecord) put(data []byte) {
	r.before = append(r.before, r.data)
	r.before = r.before[max(0, len(r.before)-memory):]
	r.data = data
	r.version++
}

// old returns the record of n writes ago, or nil.
func (r *simRecord) old(n int) []byte {
	if n > len(r.before) {
		return nil
	}
	return r.before[len(r.before)-n]
}

// damage replaces the records without a swap.
func (s *simStore) damage(change func(*simRecord) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		if r.data != nil {
			r.put(change(r))
		}
	}
}

// has reports whether the refresh token was ever written.
func (s *simStore) has(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[token]
}

// content is all that is stored.
func (s *simStore) content() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all bytes.Buffer
	for _, r := range s.records {
		all.Write(r.data)
	}
	return all.String()
}
