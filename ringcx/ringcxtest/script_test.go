package ringcxtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnmetFaultsAreTold(t *testing.T) {
	tests := []struct {
		name   string
		script func(*Server) // before one sign-in
		want   []string
	}{
		{"none", func(*Server) {}, nil},
		{"met", func(s *Server) { s.Fault(Login, Refuse, 1) }, nil},
		{"cleared", func(s *Server) { s.Fault(Users, Refuse, 1); s.ClearFaults() }, nil},
		{
			"met in part", func(s *Server) { s.Fault(Login, Status(500, "x"), 3) },
			[]string{`ringcxtest: fault "status 500 x" at endpoint "login": 2 left that no request met`},
		},
		{
			"long", func(s *Server) { s.Fault(Users, Status(200, strings.Repeat("x", 1000)), 1) },
			[]string{`ringcxtest: fault "status 200 ` + strings.Repeat("x", 69) + `" at endpoint "listUsers": 1 left that no request met`},
		},
		{
			"several", func(s *Server) {
				s.Fault(Users, Refuse, 2)
				s.Fault(Login, Refuse, 1)
				s.Fault(Users, HTML, 1)
				s.Fault(Accounts, DropAnswer, 1)
			},
			[]string{
				`ringcxtest: fault "drop-answer" at endpoint "listAccounts": 1 left that no request met`,
				`ringcxtest: fault "refuse" at endpoint "listUsers": 2 left that no request met`,
				`ringcxtest: fault "html" at endpoint "listUsers": 1 left that no request met`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			tt.script(s)
			inMemory(s).login()
			if len(tb.logs) > 0 {
				t.Errorf("before the end of the test: %q", tb.logs)
			}
			tb.end()
			s.Fault(Users, Refuse, 1)
			s.Close() // after the end of the test: nothing is told
			if diff := cmp.Diff(tt.want, tb.logs); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if got := tb.reported(); got != nil {
				t.Errorf("the test failed: %v", got)
			}
		})
	}
}
