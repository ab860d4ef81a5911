// Package storetest proves a [ringcx.Store]. Whoever keeps sessions in a database
// or a key-value service of their own writes a Store of two methods and one test:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) ringcx.Store {
//			return mystore.New(testDatabase(t))
//		})
//	}
//
// Each subtest is one rule of the contract, and says it when it is broken:
//
//	--- FAIL: TestStore/one_winner
//	    3 of 8 concurrent calls to create one record succeeded, want 1
//	        the contract: of all who name the same version, exactly one succeeds
//
// With the race detector on (go test -race) it finds more.
//
// Package storetest also has a Store in memory, [Memory], for the tests of
// programs: it works in a bubble of testing/synctest.
package storetest
