package main

import (
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
)

// TestRCAccountOfFamilies checks which id of a RingCentral account is in the paths.
func TestRCAccountOfFamilies(t *testing.T) {
	main := func(id gen.ID) *gen.MainAccount { return &gen.MainAccount{RCAccountID: &id} }
	tests := []struct {
		name    string
		account gen.Account
		want    string
	}{
		{"none", gen.Account{}, ""},
		{"account", gen.Account{RCAccountID: new(gen.ID("1")), MainAccount: main("")}, "1"},
		{"main account", gen.Account{RCAccountID: new(gen.ID("")), MainAccount: main("2")}, "2"},
		{"both", gen.Account{RCAccountID: new(gen.ID("1")), MainAccount: main("2")}, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := newFamilies(nil, tt.account).ids["rcAccountId"]; got != tt.want {
				t.Errorf("rcAccountId is %q, want %q", got, tt.want)
			}
		})
	}
}
