package ringcx

import (
	"context"
	"errors"
)

// ErrConflict is returned by the CompareAndSwap method of a [Store] if the record does not
// have the version that the caller expects. An [*Error] with status 409 matches it too: the
// request conflicts with what RingCX has, such as a name that is in use.
var ErrConflict = errors.New("ringcx: the record was changed by another process")

// Store keeps the records of sessions that processes share. It does not interpret a
// record. Package filestore has a Store for the processes of one machine. A program can
// implement its own, for example with a database or a key-value service; package
// storetest tests such a Store.
//
// Both methods must be safe for concurrent use, also by other processes, and must return
// soon after ctx is done. A [TokenSource] gives each call 3 s. If a call has not returned
// one second later, the TokenSource treats it as failed and leaves it running; while four
// calls are left running, further calls fail at once.
type Store interface {
	// Load returns the record of key and its version. If there is no record, it returns
	// nil data, version "" and a nil error. The caller may modify data.
	Load(ctx context.Context, key string) (data []byte, version string, err error)

	// CompareAndSwap replaces the record of key with data if its version is version, and
	// returns the new version. The caller may modify data after the call.
	//
	// Version "" means that there is no record, and creates it. Nil data deletes the
	// record, and newVersion is ""; data that is empty but not nil is a record. The Store
	// must not use a version again for other data, even after a record was deleted and
	// created again.
	//
	// If the record has another version, CompareAndSwap changes nothing and returns an
	// error that wraps ErrConflict. After any other error, callers do not know whether
	// the record was written.
	CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error)
}

// LeaseStore is a [Store] that also notices the end of a process, for example with a file
// lock or with a session of a database. If Config.Store is a LeaseStore, other processes
// take over from a process that was killed during a renewal when they next read the
// record. With any other Store they wait for 30 s from when they first read its lease.
//
// Both methods must be safe for concurrent use, and must return soon after ctx is done.
type LeaseStore interface {
	Store

	// Hold marks owner as alive until release is called or the process ends, however it
	// ends. A TokenSource uses a new owner name for each renewal. Hold returns an error
	// if owner is already held. Calling release more than once has no effect; it releases
	// only its own Hold.
	Hold(ctx context.Context, key, owner string) (release func(), err error)

	// Held reports whether owner is alive. An unknown owner is not alive. If err is not
	// nil, alive is meaningless.
	Held(ctx context.Context, key, owner string) (alive bool, err error)
}

// storeError is the error of a call of the Store. Its text contains no secret that this
// process knows. The error of the Store may contain one: errors.Is and errors.As find
// it, but printing a storeError does not print it, because fmt follows no pointer to an
// error.
type storeError struct {
	call, message string
	cause         *error
}

func (e storeError) Error() string        { return "ringcx: the Store: " + e.call + ": " + e.message }
func (e storeError) Is(target error) bool { return errors.Is(*e.cause, target) }
func (e storeError) As(target any) bool   { return errors.As(*e.cause, target) }

func isStoreError(err error) bool {
	_, ok := errors.AsType[storeError](err)
	return ok
}
