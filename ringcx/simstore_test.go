package ringcx_test

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// simStore is the Store of a simulation. Each process uses it through its simLink, which
// can fail.
type simStore struct {
	mu      sync.Mutex
	records map[string]*simRecord
	holders map[string]*simLink // by owner
	tokens  map[string]bool     // all refresh tokens ever written
	reads   int
	writes  int
}

type simRecord struct {
	data    []byte
	version int
	history [][]byte // the previous data, oldest first
}

func newSimStore() *simStore {
	return &simStore{records: map[string]*simRecord{}, holders: map[string]*simLink{}, tokens: map[string]bool{}}
}

// record returns the record of key, and creates it if necessary. The caller holds the
// lock.
func (s *simStore) record(key string) *simRecord {
	if s.records[key] == nil {
		s.records[key] = &simRecord{}
	}
	return s.records[key]
}

// read returns the record, or the previous one if stale.
func (s *simStore) read(key string, stale bool) ([]byte, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	r := s.record(key)
	if before := r.previous(1); stale && before != nil {
		return before, strconv.Itoa(r.version - 1)
	}
	if r.data == nil {
		return nil, ""
	}
	return r.data, strconv.Itoa(r.version)
}

// swap replaces the record with the result of change, if version is the current one.
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

// recordHistory is how many previous versions of a record are kept.
const recordHistory = 8

func (r *simRecord) put(data []byte) {
	r.history = append(r.history, r.data)
	r.history = r.history[max(0, len(r.history)-recordHistory):]
	r.data = data
	r.version++
}

// previous returns the data of n writes ago, or nil.
func (r *simRecord) previous(n int) []byte {
	if n > len(r.history) {
		return nil
	}
	return r.history[len(r.history)-n]
}

// damage replaces all records without a swap.
func (s *simStore) damageRecord(change func(*simRecord) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		if r.data != nil {
			r.put(change(r))
		}
	}
}

// has reports whether the refresh token was ever written to a record.
func (s *simStore) has(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[token]
}

// content returns the data of all records.
func (s *simStore) content() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all bytes.Buffer
	for _, r := range s.records {
		all.Write(r.data)
	}
	return all.String()
}
