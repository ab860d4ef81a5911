package ringcx

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// sealPrefix begins every sealed record. It is followed by sealKeyID bytes that name the
// key, a nonce, and the ciphertext.
const (
	sealPrefix = "ringcx-seal-1\n"
	sealKeyID  = 8
)

// Seal returns a Store that encrypts records with AES-256-GCM before it writes them to
// store, so that store never has a token. The name of a record is authenticated with it:
// a record that was moved to another name is rejected.
//
// Records are written with key, which must have 32 random bytes, and can be read with key
// or an older key. To change the key, first add the new key to the older keys of every
// process, then make it the key of every process, then drop the old one. If a record was
// sealed with an unknown key, was changed, or is not sealed, Load returns an error, and
// the record is not overwritten: the TokenSource treats it as a failed Store.
//
// Seal returns an error if store is nil or a key has another length. The result is a
// [LeaseStore] if store is one. It is safe for concurrent use.
func Seal(store Store, key []byte, older ...[]byte) (Store, error) {
	if store == nil {
		return nil, errors.New("ringcx: Seal: the Store is nil")
	}
	s := &sealedStore{store: store}
	for i, k := range append([][]byte{key}, older...) {
		c, err := newSealCipher(k)
		if err != nil {
			return nil, fmt.Errorf("ringcx: Seal: key %d of %d: %w", i+1, len(older)+1, err)
		}
		s.ciphers = append(s.ciphers, c)
	}
	if l, ok := store.(LeaseStore); ok {
		return &sealedLeaseStore{s, l}, nil
	}
	return s, nil
}

// sealCipher encrypts and decrypts records with one key.
type sealCipher struct {
	id   string // names the key, and does not reveal it
	aead cipher.AEAD
}

func newSealCipher(key []byte) (sealCipher, error) {
	if len(key) != 32 {
		return sealCipher{}, fmt.Errorf("it has %d bytes, want 32", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealCipher{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealCipher{}, err
	}
	hash := sha256.Sum256(append([]byte("ringcx seal key\x00"), key...))
	return sealCipher{string(hash[:sealKeyID]), aead}, nil
}

// sealedStore is the Store that Seal returns.
type sealedStore struct {
	store   Store
	ciphers []sealCipher // the first one seals
}

// Load implements Store.
func (s *sealedStore) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	sealed, version, err := s.store.Load(ctx, key)
	if err != nil || sealed == nil {
		return nil, version, err
	}
	data, err = s.open(key, sealed)
	if err != nil {
		return nil, "", fmt.Errorf("ringcx: Seal: record %q: %w", key, err)
	}
	return data, version, nil
}

// CompareAndSwap implements Store.
func (s *sealedStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	if data == nil {
		return s.store.CompareAndSwap(ctx, key, version, nil)
	}
	c := s.ciphers[0]
	head := []byte(sealPrefix + c.id)
	return s.store.CompareAndSwap(ctx, key, version, c.aead.Seal(head, nil, data, sealedWith(key, head)))
}

// open returns the plaintext of the record of key.
func (s *sealedStore) open(key string, sealed []byte) ([]byte, error) {
	size := len(sealPrefix) + sealKeyID
	if !bytes.HasPrefix(sealed, []byte(sealPrefix)) || len(sealed) < size {
		return nil, errors.New("it is not sealed: delete it, or use another Config.Key")
	}
	head, id := sealed[:size], string(sealed[len(sealPrefix):size])
	i := slices.IndexFunc(s.ciphers, func(c sealCipher) bool { return c.id == id })
	if i < 0 {
		return nil, errors.New("it was sealed with another key: pass that key to Seal as an older key")
	}
	data, err := s.ciphers[i].aead.Open([]byte{}, nil, sealed[size:], sealedWith(key, head))
	if err != nil {
		return nil, errors.New("it was changed, or moved from another record")
	}
	return data, nil
}

// sealedWith returns what is authenticated with a record.
func sealedWith(key string, head []byte) []byte { return slices.Concat(head, []byte(key)) }

// sealedLeaseStore is a sealedStore whose store is a LeaseStore.
type sealedLeaseStore struct {
	*sealedStore
	leases LeaseStore
}

// Hold implements LeaseStore.
func (s *sealedLeaseStore) Hold(ctx context.Context, key, owner string) (release func(), err error) {
	return s.leases.Hold(ctx, key, owner)
}

// Held implements LeaseStore.
func (s *sealedLeaseStore) Held(ctx context.Context, key, owner string) (alive bool, err error) {
	return s.leases.Held(ctx, key, owner)
}
