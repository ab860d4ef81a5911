package ringcxtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestLogMasksSecrets(t *testing.T) {
	s := New()
	defer s.Close()
	w := inMemory(s)
	have := w.signIn(t)
	w.users(have.access, "?flatten=true&access_token="+have.access)
	w.logout(have.refresh)
	w.revoke(have.ringCentral)
	w.send("GET", "https://elsewhere.test/"+have.refresh+"?any="+have.access, nil)
	w.send("GET", w.ringCX+"/x/"+have.refresh, nil, "Authorization", have.access)
	w.send("POST", w.ringCentral+loginPath, map[string][]string{"client_secret": {ClientSecret}})
	log := s.Log()
	text := fmt.Sprintf("%+v", log)
	for _, secret := range []string{have.access, have.refresh, have.ringCentral, ClientSecret, JWT} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q:\n%s", secret, text)
		}
	}
	want := LogEntry{
		Endpoint: Users, Method: "GET", Host: ringCXHost,
		URL:           "/voice/api/v1/admin/users?access_token=%E2%80%A6" + have.access[len(have.access)-6:] + "&flatten=true",
		Authorization: "Bearer …" + have.access[len(have.access)-6:], Status: 200,
	}
	if diff := cmp.Diff(want, log[2], cmpopts.IgnoreFields(LogEntry{}, "Time", "Took", "Size")); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

func TestLogIsBounded(t *testing.T) {
	var l entryLog
	for i := range logSize + 10 {
		l.add(LogEntry{Status: i})
	}
	all := l.all()
	if len(all) != logSize || all[0].Status != 10 || all[logSize-1].Status != logSize+9 {
		t.Errorf("%d entries from %d to %d", len(all), all[0].Status, all[len(all)-1].Status)
	}
}
