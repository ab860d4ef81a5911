package stores_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// killWatch checks the token requests of the processes of TestKills.
//
// No minute has more than five sign-ins, or exchanges and refreshes together. The record has
// what was sent, so a loss of the record divides a minute: no process that starts afterwards
// can know of the requests before it.
//
// No refresh token is sent twice, except for the one in the backup after the restore, once,
// and only by a process that did not know a newer session.
type killWatch struct {
	t *testing.T

	mu       sync.Mutex
	arrived  map[string][]time.Time // of the requests since the record was lost last, by limit
	sent     map[string]int         // how often each refresh token was sent
	backup   string                 // the refresh token in the backup
	restored time.Time              // when the backup was restored
}

// killLimit is how many requests of a limit the services allow in a minute.
const killLimit = 5

func newKillWatch(t *testing.T) *killWatch {
	return &killWatch{t: t, arrived: map[string][]time.Time{}, sent: map[string]int{}}
}

// tokenEndpoint returns what a request to a path asks for: "login", "exchange", "refresh", or
// "" if it is no token request.
func tokenEndpoint(path string) string {
	switch {
	case strings.HasSuffix(path, "/oauth/token"):
		return "login"
	case strings.HasSuffix(path, "/auth/login/rc/accesstoken"):
		return "exchange"
	case strings.HasSuffix(path, "/auth/token/refresh"):
		return "refresh"
	}
	return ""
}

// arrive checks a token request with a form, of a process that has had a token since then.
func (w *killWatch) arrive(endpoint, form string, firstToken time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	limit := "exchanges and refreshes"
	if endpoint == "login" {
		limit = "sign-ins"
	}
	now, recent := time.Now(), 1
	for _, at := range w.arrived[limit] {
		if now.Sub(at) < time.Minute {
			recent++
		}
	}
	w.arrived[limit] = append(w.arrived[limit], now)
	if recent > killLimit {
		w.t.Errorf("%d %s in 60 s, want at most %d", recent, limit, killLimit)
	}
	if endpoint == "refresh" {
		w.checkRefresh(form, firstToken)
	}
}

// checkRefresh checks the refresh token of a request. w.mu is held.
func (w *killWatch) checkRefresh(form string, firstToken time.Time) {
	values, err := url.ParseQuery(form)
	token := values.Get("refresh_token")
	if err != nil || token == "" {
		w.t.Errorf("a refresh has the form %q", form)
		return
	}
	w.sent[token]++
	fromBackup := token == w.backup && !w.restored.IsZero()
	knewMore := !firstToken.IsZero() && firstToken.Before(w.restored)
	switch {
	case w.sent[token] == 1, w.sent[token] == 2 && fromBackup && !knewMore:
	case fromBackup && knewMore:
		w.t.Error("a process that had a token before the restore sent the refresh token in the backup")
	default:
		w.t.Errorf("a refresh token was sent %d times; it is in the backup: %t", w.sent[token], fromBackup)
	}
}

// lose notes that the record was lost.
func (w *killWatch) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.arrived)
}

// keepBackup notes the record of a backup.
func (w *killWatch) keepBackup(record []byte, err error) error {
	var r struct{ Refresh string }
	if err == nil {
		err = json.Unmarshal(record, &r)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.backup = r.Refresh
	return err
}

// restore notes that the backup was restored.
func (w *killWatch) restore() {
	w.lose()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.restored = time.Now()
}
