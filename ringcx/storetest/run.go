package storetest

import (
	"slices"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// Run proves a Store, one subtest a rule of the contract. It calls newStore in
// each; the Stores may share a database, which may hold other records: the keys
// are random, and removed at the end. It makes about a thousand calls of the Store,
// and writes a record of 1 MiB. The rules of a [ringcx.LeaseStore] are skipped where
// the Store is none.
func Run(t *testing.T, newStore func(t *testing.T) ringcx.Store) {
	t.Helper()
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) { newTrial(t, r, newStore(t)).run() })
	}
	for _, r := range leaseRules {
		t.Run(r.name, func(t *testing.T) {
			s, ok := newStore(t).(ringcx.LeaseStore)
			if !ok {
				t.Skip("the Store is not a ringcx.LeaseStore, which is optional")
			}
			newTrial(t, r, s).run()
		})
	}
}

// rule is one part of the contract, and the test that proves it.
type rule struct {
	name  string
	says  string // the contract, in a sentence
	check func(*trial)
}

func rules() []rule {
	return slices.Concat(recordRules, versionRules, keyRules, raceRules, contextRules)
}
