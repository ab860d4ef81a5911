package storetest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
)

// recordRules are the rules of the data of one record.
var recordRules = []rule{
	{"absent", `Load of a record that does not exist returns nil data, version "" and no error`, checkAbsent},
	{"create", `version "" creates a record that does not exist, and Load returns its data and version`, checkCreate},
	{"swap", "the current version replaces the record, and the new version is different", checkSwap},
	{"delete", `nil data deletes the record and returns version ""`, checkDelete},
	{"empty data", "nil data deletes the record, and empty data that is not nil is a record", checkEmpty},
	{"binary data", "the data may be any bytes", checkBinary},
	{"large data", "the data may have 1 MiB", checkLarge},
	{"data is copied", "the caller may change the data that Load returned, and the data after CompareAndSwap has returned", checkCopy},
}

func checkAbsent(tr *trial) {
	tr.wantNoRecord("before any write")
	tr.wantNoRecord("after a Load")
	if v, err := tr.store.CompareAndSwap(tr.Context(), tr.key, "", nil); v != "" {
		tr.fatalf("CompareAndSwap deletes a record that does not exist and returns version %q (error %v), want version \"\"", v, err)
	}
	tr.wantNoRecord("after the deletion of a record that does not exist") // an error is allowed
}

func checkCreate(tr *trial) {
	v := tr.swap("", []byte("created"))
	tr.wantRecord("after the record was created", []byte("created"), v)
	tr.wantRecord("on a second Load", []byte("created"), v)
}

func checkSwap(tr *trial) {
	version := tr.swap("", []byte("first"))
	for _, data := range []string{"second", "3", "the fourth, and longer"} {
		next := tr.swap(version, []byte(data))
		if next == version {
			tr.fatalf("the version is still %q after a swap to other data, want a new version", version)
		}
		tr.wantRecord("after a swap", []byte(data), next)
		version = next
	}
}

func checkDelete(tr *trial) {
	tr.remove(tr.swap("", []byte("deleted")))
	tr.wantNoRecord("after the record was deleted")
	v := tr.swap("", []byte("created again"))
	tr.wantRecord("after the record was created again", []byte("created again"), v)
}

func checkEmpty(tr *trial) {
	v := tr.swap("", []byte{})
	tr.wantRecord("after the record was created with empty data", nil, v)
	v = tr.swap(v, []byte("full"))
	v = tr.swap(v, []byte{})
	tr.wantRecord("after a swap to empty data", nil, v)
}

func checkBinary(tr *trial) {
	var every []byte
	for i := range 256 {
		every = append(every, byte(i))
	}
	version := ""
	for _, data := range [][]byte{
		every, {0}, []byte("\x00 a NUL first"), []byte("not UTF-8: \xff\xfe\xc3"), []byte(" \r\n space and lines \r\n\n "),
		[]byte(`{"quoted": "\u0000"}`), []byte("'; --%s%00$1"),
	} {
		version = tr.swap(version, data)
		tr.wantRecord("after binary data was written", data, version)
	}
}

func checkLarge(tr *trial) {
	const size = 1 << 20
	data := make([]byte, size)
	rand.Read(data)
	v := tr.swap("", data)
	tr.wantRecord("after 1 MiB was written", data, v)
	data[size-1] ^= 1
	v = tr.swap(v, data)
	tr.wantRecord("after the last byte was changed", data, v)
	v = tr.swap(v, []byte("small"))
	tr.wantRecord("after a swap to less data", []byte("small"), v)
}

func checkCopy(tr *trial) {
	data := []byte("written")
	v := tr.swap("", data)
	copy(data, "CHANGED")
	tr.wantRecord("after the caller changed the data that it had written", []byte("written"), v)
	loaded, _ := tr.load()
	copy(loaded, "CHANGED")
	tr.wantRecord("after the caller changed the data that Load had returned", []byte("written"), v)
	loaded, _ = tr.load()
	_ = append(loaded[:0], bytes.Repeat([]byte("x"), cap(loaded))...)
	tr.wantRecord("after the caller appended to the data that Load had returned", []byte("written"), v)
}

// versionRules are the rules of the versions of one record.
var versionRules = []rule{
	{"create conflict", `version "" conflicts with a record that exists, and changes nothing`, checkCreateConflict},
	{"swap conflict", "an old version conflicts, and changes nothing", checkSwapConflict},
	{"delete conflict", "a deletion needs the current version; any other version conflicts, and changes nothing", checkDeleteConflict},
	{"deleted conflict", "a version conflicts if the record does not exist, and creates nothing", checkDeletedConflict},
	{"re-create", "a version is never used for other data, not even after the record was deleted", checkRecreate},
}

func checkCreateConflict(tr *trial) {
	v := tr.swap("", []byte("first"))
	tr.wantConflict("after the record was created", "", []byte("second"))
	tr.wantRecord("after a create that conflicted", []byte("first"), v)
}

func checkSwapConflict(tr *trial) {
	old := tr.swap("", []byte("first"))
	v := tr.swap(old, []byte("second"))
	tr.wantConflict("after a swap", old, []byte("third"))
	tr.wantRecord("after a swap that conflicted", []byte("second"), v)
	tr.wantConflict("after a swap", old, []byte("first")) // the data of the old version
	tr.wantRecord("after a swap that conflicted", []byte("second"), v)
}

func checkDeleteConflict(tr *trial) {
	old := tr.swap("", []byte("first"))
	v := tr.swap(old, []byte("second"))
	tr.wantConflict("for a deletion after a swap", old, nil)
	tr.wantRecord("after a deletion that conflicted", []byte("second"), v)
	tr.wantConflict("for a deletion of a record that exists", "", nil)
	tr.wantRecord("after a deletion that conflicted", []byte("second"), v)
}

func checkDeletedConflict(tr *trial) {
	old := tr.swap("", []byte("first"))
	tr.remove(old)
	tr.wantConflict("after a deletion", old, []byte("second"))
	tr.wantNoRecord("after a swap that conflicted")
	tr.wantConflict("for a second deletion", old, nil)
	tr.wantNoRecord("after a deletion that conflicted")
}

// checkRecreate creates, changes and deletes the record several times. A Store whose
// counter of versions restarts after a deletion uses a version twice.
func checkRecreate(tr *trial) {
	seen := map[string]string{} // data by version
	content := func(round, step string) []byte {
		data := "round " + round + ", step " + step
		return []byte(data)
	}
	for _, round := range []string{"1", "2", "3"} {
		version := ""
		for _, step := range []string{"1", "2", "3"} {
			data := content(round, step)
			version = tr.swap(version, data)
			if old, ok := seen[version]; ok {
				tr.fatalf("version %q is used for %q and for %q, want different versions", version, old, data)
			}
			seen[version] = string(data)
		}
		for old, data := range seen {
			if old != version {
				tr.wantConflict("after the record of "+data+" was replaced", old, []byte("overwritten"))
			}
		}
		tr.wantRecord("after these conflicts", content(round, "3"), version)
		tr.remove(version)
	}
}

// keyRules are the rules of records with different keys.
var keyRules = []rule{
	{"keys", "a key is any text, keys that differ in one character are different, and a write changes one record only", checkKeys},
	{"versions of keys", "a version is valid for one record only", checkVersionOfOtherKey},
}

// keySuffixes end keys that a Store may not distinguish or may not accept.
var keySuffixes = []string{
	"a", "A", "a ", " a", "a\n", "a/", "/a", "a/b", "a//b", "a/./b", "a/../b", "a/../../b", `a\b`, "a.b", "a:b", "a::b", "a*", "a?", "a%",
	"a%2Fb", "a_b", "a-b", "a'b", `a"b`, "{a}", "[a]", "$1", "é", "e\u0301", "日本語", "🙂", "ß", "ss", strings.Repeat("long ", 200),
	strings.Repeat("long ", 200) + "1", "a.lock", "a.tmp", "a.record",
}

func checkKeys(tr *trial) {
	trials := make([]*trial, len(keySuffixes))
	versions := make([]string, len(keySuffixes))
	when := func(suffix, event string) string {
		return fmt.Sprintf("for the key that ends in %s, %s", excerpt([]byte(suffix)), event)
	}
	for i, suffix := range keySuffixes {
		trials[i] = tr.withKey(tr.key + suffix)
		trials[i].wantNoRecord(when(suffix, "which was not written"))
		versions[i] = trials[i].swap("", []byte(suffix))
	}
	for i, suffix := range keySuffixes {
		trials[i].wantRecord(when(suffix, "after other keys were written"), []byte(suffix), versions[i])
	}
	for i, suffix := range keySuffixes {
		if i%2 == 0 {
			trials[i].remove(versions[i])
			continue
		}
		trials[i].wantRecord(when(suffix, "after other keys were deleted"), []byte(suffix), versions[i])
	}
}

func checkVersionOfOtherKey(tr *trial) {
	tr2 := tr.withKey(tr.key + "2")
	v := tr.swap("", []byte("first"))
	tr2.wantConflict("for a key that does not exist", v, []byte("overwritten"))
	tr2.wantNoRecord("after a swap that conflicted")
	v2 := tr2.swap("", []byte("second"))
	v2 = tr2.swap(v2, []byte("second, changed"))
	tr.wantRecord("after another key was written", []byte("first"), v)
	tr.remove(v)
	tr2.wantRecord("after another key was deleted", []byte("second, changed"), v2)
}
