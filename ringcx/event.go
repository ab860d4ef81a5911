package ringcx

import (
	"log/slog"
	"time"
)

// Stage is a step in the life of a session. An [Error] or an [Event] names the step that
// it belongs to.
type Stage string

// The stages.
const (
	StageLogin    Stage = "login"    // sign in to RingCentral
	StageExchange Stage = "exchange" // exchange a RingCentral token for a RingCX session
	StageRefresh  Stage = "refresh"  // refresh the tokens of a session
	StageCall     Stage = "call"     // send a request of the program to RingCX
	StageLogout   Stage = "logout"   // end a session
	StageAdopt    Stage = "adopt"    // take over tokens, or their age, from another process; in an Event only
	StageStore    Stage = "store"    // use the Store, which failed or had an invalid record, or CodeLogin.Save; in an Event only
)

// Event reports one step of a [TokenSource] that succeeded or failed. See
// Config.OnEvent. It contains no known secret.
type Event struct {
	// Stage is StageLogin, StageExchange, StageRefresh, StageLogout, StageAdopt or
	// StageStore.
	Stage Stage

	// Took is how long the request took. It is 0 if none was sent: because a limit of this
	// package held it back, or because the step only uses the Store. If a call of
	// Config.RingCentral takes longer than a renewal waits for it, Took is the time that
	// this renewal waited.
	Took time.Duration

	// Err is nil if the step succeeded. Otherwise it is:
	//
	//   - an *Error if a server sent a response, or if a limit of this package held the
	//     request back;
	//   - the error of the network if there was no response;
	//   - an error without known secrets if the Store or CodeLogin.Save failed. errors.Is
	//     and errors.As also match the own error of the Store or of Save. Do not print that
	//     one: it may contain the record or the token;
	//   - another error if the record is corrupt or belongs to another login.
	Err error
}

// LogValue implements slog.LogValuer. It returns a group with the stage, the time that the
// request took, and the text of the error, if any.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("stage", string(e.Stage)), slog.Duration("took", e.Took)}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("err", e.Err))
	}
	return slog.GroupValue(attrs...)
}
