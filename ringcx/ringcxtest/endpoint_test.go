package ringcxtest

import "testing"

func TestEndpointsExist(t *testing.T) {
	s := New()
	for _, e := range []Endpoint{Login, Revoke, Exchange, Refresh, Logout, Accounts, Users} {
		if !s.hasEndpoint(e) {
			t.Errorf("endpoint %s is not in openapi.yaml", e)
		}
	}
	for e := range handlers {
		if s.spec.ByID(string(e)) == nil {
			t.Errorf("the handler of %s has no operation in openapi.yaml", e)
		}
	}
}
