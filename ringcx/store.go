package ringcx

import (
	"context"
	"errors"
)

// ErrConflict is what a [Store]'s CompareAndSwap reports where the record is no
// longer of the version that the caller named.
var ErrConflict = errors.New("ringcx: the record was changed by another process")

// Store keeps the records of sessions that many processes share. It knows
// nothing of what a record holds. A program that has one of its own (a database,
// a key-value service) proves it with package storetest.
//
// Both methods must be safe for concurrent use, also by other processes, and
// must return soon after ctx ends. A [TokenSource] gives each call 3 seconds. One that
// has not returned a second later counts as failed, and goes on in a goroutine; while
// four of them do, further calls fail at once. An error other than ErrConflict leaves
// open whether the record was written.
type Store interface {
	// Load returns the record of key and its version. A record that is not there
	// is nil data, version "" and no error. The data is the caller's to change.
	Load(ctx context.Context, key string) (data []byte, version string, err error)

	// CompareAndSwap replaces the record of key if its version is still the one
	// named, and returns the new version. Version "" creates a record that is not
	// there; nil data deletes it, and then newVersion is "", while data of no bytes
	// is a record. The data is the caller's to change afterwards. Where the record
	// is of another version it changes nothing and reports an error that wraps
	// ErrConflict. A version is never used for another content, also not after a
	// record was deleted and created again.
	CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error)
}

// LeaseStore is a [Store] that also notices when a process ends, as a file lock
// or the session of a database does. Where Config.Store is one, others take over
// from a process that was killed in the middle of a renewal at once. Otherwise
// they watch its lease for 30 s first.
//
// Both methods must be safe for concurrent use and return soon after ctx ends.
type LeaseStore interface {
	Store

	// Hold marks owner as alive: until release is called, or until the process ends,
	// however it ends. The owner is a name that was not used before: a TokenSource
	// takes a new one for each renewal. Hold of an owner that is held already is an
	// error. Release may be called more than once, and ends nothing but its own Hold.
	Hold(ctx context.Context, key, owner string) (release func(), err error)

	// Held reports whether owner is alive. An owner of whom nothing is known is
	// not. An error leaves it open.
	Held(ctx context.Context, key, owner string) (alive bool, err error)
}
