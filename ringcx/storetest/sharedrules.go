package storetest

// sharedRules are the rules of two Stores of one database, as two processes have them.
var sharedRules = []rule{
	{"two Stores", "all Stores of a database have the same records, and no version is used by two of them", checkTwoStores},
}

func checkTwoStores(tr *trial) {
	other := tr.second()
	tr.wantSameDatabase(other)
	seen := map[string]bool{}
	for range 3 {
		v := tr.swap("", []byte("by the first"))
		other.wantRecord("after another Store created the record", []byte("by the first"), v)
		v2 := other.swap(v, []byte("by the second"))
		tr.wantConflict("after another Store replaced the record", v, []byte("lost"))
		tr.wantRecord("after another Store replaced the record", []byte("by the second"), v2)
		for _, version := range []string{v, v2} {
			if seen[version] {
				tr.fatalf("version %q is used by two Stores or after a deletion, want another one", version)
			}
			seen[version] = true
		}
		other.remove(v2)
		tr.wantNoRecord("after another Store deleted the record")
	}
}

// wantSameDatabase skips the rule if the Stores do not share a database.
func (tr *trial) wantSameDatabase(other *trial) {
	tr.Helper()
	version := tr.swap("", []byte("written by the first Store"))
	data, _ := other.load()
	tr.remove(version)
	if data == nil {
		tr.Skip("the Stores of newStore do not share a database")
	}
}
