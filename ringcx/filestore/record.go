package filestore

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// The files of a key.
const (
	recordSuffix = ".record"
	lockSuffix   = ".lock"
	tempSuffix   = ".tmp"
	leaseSuffix  = ".lease"
)

// header starts each record file. A random text follows, and a newline.
const header = "ringcx-record/1 "

// nameOf returns the start of the names of a key's files. It hides the key,
// which may name a customer, and has neither slashes nor upper case.
func nameOf(key string) string { return digest([]byte(key)) }

// encode returns the content of a record file. The random text makes no two
// files the same, and so no two versions, also where the data is.
func encode(data []byte) []byte {
	return append([]byte(header+rand.Text()+"\n"), data...)
}

// decode returns the data and the version of a record file. The version comes
// from every byte of it, so that one that was edited is of another version too.
// Without a header all of it is data.
func decode(content []byte) (data []byte, version string) {
	version = digest(content)
	first, rest, found := bytes.Cut(content, []byte("\n"))
	if !found || !bytes.HasPrefix(first, []byte(header)) {
		return content, version
	}
	return rest, version
}

// digest returns the first half of a SHA-256 in hex: 32 letters.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
