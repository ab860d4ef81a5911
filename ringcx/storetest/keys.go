package storetest

import (
	"fmt"
	"strings"
)

var keyRules = []rule{
	{"keys", "a key is any text, every letter of it counts, and no record touches another's", checkKeys},
	{"versions of keys", "a version is that of one record", checkVersionOfOtherKey},
}

// oddEnds make keys that a Store may take for one another, or stumble over.
var oddEnds = []string{
	"a", "A", "a ", " a", "a\n", "a/", "/a", "a/b", "a//b", "a/./b", "a/../b", "a/../../b", `a\b`, "a.b", "a:b", "a::b", "a*", "a?", "a%",
	"a%2Fb", "a_b", "a-b", "a'b", `a"b`, "{a}", "[a]", "$1", "é", "e\u0301", "日本語", "🙂", "ß", "ss", strings.Repeat("long ", 200),
	strings.Repeat("long ", 200) + "1", "a.lock", "a.tmp", "a.record",
}

func checkKeys(tr *trial) {
	trials := make([]*trial, len(oddEnds))
	versions := make([]string, len(oddEnds))
	for i, end := range oddEnds {
		trials[i] = tr.other(tr.key + end)
		trials[i].absent(fmt.Sprintf("for the key that ends in %s, never written", excerpt([]byte(end))))
		versions[i] = trials[i].swap("", []byte(end))
	}
	for i, end := range oddEnds {
		trials[i].holds(fmt.Sprintf("for the key that ends in %s, once others were written", excerpt([]byte(end))), []byte(end), versions[i])
	}
	for i, end := range oddEnds {
		if i%2 == 0 {
			trials[i].remove(versions[i])
			continue
		}
		trials[i].holds(fmt.Sprintf("for the key that ends in %s, once others were deleted", excerpt([]byte(end))), []byte(end), versions[i])
	}
}

func checkVersionOfOtherKey(tr *trial) {
	tr2 := tr.other(tr.key + "2")
	v := tr.swap("", []byte("first"))
	tr2.conflicts("for a key that is not there", v, []byte("overwritten"))
	tr2.absent("after a swap that conflicted")
	v2 := tr2.swap("", []byte("second"))
	v2 = tr2.swap(v2, []byte("second, changed"))
	tr.holds("after another key was written", []byte("first"), v)
	tr.remove(v)
	tr2.holds("after another key was deleted", []byte("second, changed"), v2)
}
