package filestore

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// The suffixes of the files of a key.
const (
	recordSuffix = ".record"
	lockSuffix   = ".lock"
	tempSuffix   = ".tmp"
	leaseSuffix  = ".lease"
)

// header starts each record file. A random text and a newline follow.
const header = "ringcx-record/1 "

// nameOf returns the file name of a key, without a suffix. It is a hash: a key may
// contain the name of a customer, slashes, or upper-case letters.
func nameOf(key string) string { return digest([]byte(key)) }

// leaseOf returns the name of the lease file of an owner.
func leaseOf(name, owner string) string { return name + "-" + nameOf(owner) + leaseSuffix }

// encode returns the content of a record file. The random text makes each file
// unique, so that two writes of the same data have different versions.
func encode(data []byte) []byte {
	return append([]byte(header+rand.Text()+"\n"), data...)
}

// decode returns the data and the version of a record file. The version is a hash
// of the whole file, so that an edited file has another version. If the header is
// missing, the whole content is data.
func decode(content []byte) (data []byte, version string) {
	version = digest(content)
	first, rest, found := bytes.Cut(content, []byte("\n"))
	if !found || !bytes.HasPrefix(first, []byte(header)) {
		return content, version
	}
	return rest, version
}

// digest returns the first half of a SHA-256 hash: 32 hexadecimal digits.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
