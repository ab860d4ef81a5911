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
	client := inMemory(s)
	issued := client.signIn(t)
	client.users(issued.access, "?flatten=true&access_token="+issued.access)
	client.logout(issued.refresh)
	client.revoke(issued.ringCentral)
	client.send("GET", "https://elsewhere.test/"+issued.refresh+"?any="+issued.access, nil)
	client.send("GET", client.ringCX+"/x/"+issued.refresh, nil, "Authorization", issued.access)
	client.send("POST", client.ringCentral+loginPath, map[string][]string{"client_secret": {ClientSecret}})
	loginRefresh := s.SignIn().RefreshToken
	client.send("GET", client.ringCX+"/x/"+loginRefresh, nil)
	log := s.Log()
	text := fmt.Sprintf("%+v", log)
	for _, secret := range []string{issued.access, issued.refresh, issued.ringCentral, loginRefresh, ClientSecret, JWT} {
		if strings.Contains(text, secret) {
			t.Errorf("the log contains %q:\n%s", secret, text)
		}
	}
	want := LogEntry{
		Endpoint: Users, Method: "GET", Host: ringCXHost,
		URL:           "/voice/api/v1/admin/users?access_token=%E2%80%A6" + issued.access[len(issued.access)-6:] + "&flatten=true",
		Authorization: "Bearer …" + issued.access[len(issued.access)-6:], Status: 200,
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
		t.Errorf("%d entries, from status %d to %d", len(all), all[0].Status, all[len(all)-1].Status)
	}
}
