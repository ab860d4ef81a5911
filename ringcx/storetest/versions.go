package storetest

var versionRules = []rule{
	{"create conflict", `version "" conflicts with a record that is there, and changes nothing`, checkCreateConflict},
	{"swap conflict", "a version that is no longer the record's conflicts, and changes nothing", checkSwapConflict},
	{"delete conflict", "also a deletion names the record's version, conflicts with any other, and then changes nothing", checkDeleteConflict},
	{"deleted conflict", "a version conflicts with a record that is not there, and creates nothing", checkDeletedConflict},
	{"re-create", "a version is never used for another content, also not after a deletion", checkRecreate},
}

func checkCreateConflict(tr *trial) {
	v := tr.swap("", []byte("first"))
	tr.conflicts("where a record is", "", []byte("second"))
	tr.holds("after a create that conflicted", []byte("first"), v)
}

func checkSwapConflict(tr *trial) {
	old := tr.swap("", []byte("first"))
	v := tr.swap(old, []byte("second"))
	tr.conflicts("after a swap", old, []byte("third"))
	tr.holds("after a swap that conflicted", []byte("second"), v)
	tr.conflicts("after a swap", old, []byte("first")) // what it once held
	tr.holds("after a swap that conflicted", []byte("second"), v)
}

func checkDeleteConflict(tr *trial) {
	old := tr.swap("", []byte("first"))
	v := tr.swap(old, []byte("second"))
	tr.conflicts("after a swap, for a deletion", old, nil)
	tr.holds("after a deletion that conflicted", []byte("second"), v)
	tr.conflicts("where a record is, for a deletion", "", nil)
	tr.holds("after a deletion that conflicted", []byte("second"), v)
}

func checkDeletedConflict(tr *trial) {
	old := tr.swap("", []byte("first"))
	tr.remove(old)
	tr.conflicts("after a deletion", old, []byte("second"))
	tr.absent("after a swap that conflicted")
	tr.conflicts("after a deletion, for another", old, nil)
	tr.absent("after a deletion that conflicted")
}

// checkRecreate walks the same way several times: a counter that a deletion sets
// back comes to a version that it has been to.
func checkRecreate(tr *trial) {
	seen := map[string]string{} // content by version
	content := func(round, step string) []byte {
		data := "round " + round + ", step " + step
		return []byte(data)
	}
	for _, round := range []string{"1", "2", "3"} {
		version := ""
		for _, step := range []string{"1", "2", "3"} {
			data := content(round, step)
			version = tr.swap(version, data)
			if was, ok := seen[version]; ok {
				tr.stop("version %q is that of %q, and was that of %q", version, data, was)
			}
			seen[version] = string(data)
		}
		for old, was := range seen {
			if old != version {
				tr.conflicts("after the record of "+was+" was replaced", old, []byte("overwritten"))
			}
		}
		tr.holds("after these conflicts", content(round, "3"), version)
		tr.remove(version)
	}
}
