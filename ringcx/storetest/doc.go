// Package storetest tests implementations of [ringcx.Store] and provides an in-memory Store
// for tests.
//
// A package that keeps sessions in a database or a key-value service implements the two
// methods of a Store and calls [Run] in a test:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) ringcx.Store {
//			return mystore.New(testDatabase(t))
//		})
//	}
//
// Each subtest checks one rule of the contract of Store, and reports the rule if it fails:
//
//	--- FAIL: TestStore/concurrent_swaps
//	    3 of 8 concurrent calls to create the record succeeded, want 1
//	        contract: of concurrent calls with the same version, exactly one succeeds
//
// Use the race detector (go test -race) to find more bugs.
//
// [Memory] is a Store in memory. It can be used in a testing/synctest bubble.
package storetest
