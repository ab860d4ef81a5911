package storetest

import (
	"bytes"
	"crypto/rand"
)

var recordRules = []rule{
	{"absent", `a record that is not there is nil data, version "" and no error`, checkAbsent},
	{"create", `version "" creates a record that is not there; Load returns its data and its version`, checkCreate},
	{"swap", "the record's version replaces it, and the new version is another one", checkSwap},
	{"delete", `nil data deletes the record and returns version ""`, checkDelete},
	{"empty", "nil data deletes; data of no bytes is a record", checkEmpty},
	{"binary", "a record is any bytes", checkBinary},
	{"big", "a record may have 1 MiB", checkBig},
	{"private copy", "the data that Load returns is the caller's to change, and so is what was written", checkCopy},
}

func checkAbsent(tr *trial) {
	tr.absent("before any write")
	tr.absent("after a Load")
	if v, err := tr.store.CompareAndSwap(tr.Context(), tr.key, "", nil); v != "" {
		tr.stop("CompareAndSwap deleted nothing and returns version %q (error %v)", v, err)
	}
	tr.absent("after a deletion of nothing") // with an error or without: both leave nothing
}

func checkCreate(tr *trial) {
	v := tr.swap("", []byte("created"))
	tr.holds("after it was created", []byte("created"), v)
	tr.holds("read again", []byte("created"), v)
}

func checkSwap(tr *trial) {
	version := tr.swap("", []byte("first"))
	for _, data := range []string{"second", "3", "the fourth, and longer"} {
		next := tr.swap(version, []byte(data))
		if next == version {
			tr.stop("version %q stays after a swap to other content", version)
		}
		tr.holds("after a swap", []byte(data), next)
		version = next
	}
}

func checkDelete(tr *trial) {
	tr.remove(tr.swap("", []byte("deleted")))
	tr.absent("after it was deleted")
	v := tr.swap("", []byte("created again"))
	tr.holds("after it was created again", []byte("created again"), v)
}

func checkEmpty(tr *trial) {
	v := tr.swap("", []byte{})
	tr.holds("after it was created without a byte", nil, v)
	v = tr.swap(v, []byte("full"))
	v = tr.swap(v, []byte{})
	tr.holds("after it was emptied", nil, v)
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
		tr.holds("after such bytes were written", data, version)
	}
}

func checkBig(tr *trial) {
	const size = 1 << 20
	data := make([]byte, size)
	rand.Read(data)
	v := tr.swap("", data)
	tr.holds("after 1 MiB was written", data, v)
	data[size-1] ^= 1
	v = tr.swap(v, data)
	tr.holds("after its last byte was changed", data, v)
	v = tr.swap(v, []byte("small"))
	tr.holds("after it shrank", []byte("small"), v)
}

func checkCopy(tr *trial) {
	data := []byte("written")
	v := tr.swap("", data)
	copy(data, "CHANGED")
	tr.holds("after the caller changed the data that it had written", []byte("written"), v)
	loaded, _ := tr.load()
	copy(loaded, "CHANGED")
	tr.holds("after the caller changed the data that Load had returned", []byte("written"), v)
	loaded, _ = tr.load()
	_ = append(loaded[:0], bytes.Repeat([]byte("x"), cap(loaded))...)
	tr.holds("after the caller appended to the data that Load had returned", []byte("written"), v)
}
