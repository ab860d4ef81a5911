package ringcx

import "time"

// Stage is the step of the work that an [Error] or an [Event] speaks of.
type Stage string

// The stages, in the order in which a program meets them.
const (
	StageLogin    Stage = "login"    // a RingCentral sign-in
	StageExchange Stage = "exchange" // a RingCentral token for a RingCX session
	StageRefresh  Stage = "refresh"  // a refresh token for the next pair
	StageCall     Stage = "call"     // a request of the program to RingCX
	StageLogout   Stage = "logout"   // the end of a session
	StageAdopt    Stage = "adopt"    // a pair that another process bought, or its age; in events only
	StageStore    Stage = "store"    // a Store that failed, or a record of no use; in events only
)

// Event is one thing that a [TokenSource] did. It holds no secret.
type Event struct {
	// Stage says what was done: StageLogin, StageExchange, StageRefresh,
	// StageLogout, StageAdopt or StageStore.
	Stage Stage

	// Took is how long the request took, or 0 where none was sent: because a limit
	// of ours held it back, or because the step was one of the Store. For a call of
	// Config.RingCentral that outlasts a renewal it is how long this renewal waited.
	Took time.Duration

	// Err is nil where the step succeeded. Otherwise it is an *Error where a
	// server answered or a limit of ours held the request back, the network's error
	// where no answer came, and where the Store failed an error that errors.As finds
	// the Store's own in. That may hold what was to be written: do not print it. A
	// record that is corrupt or belongs to another login is an error without one.
	Err error
}
