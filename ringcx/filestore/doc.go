// Package filestore is a [ringcx.LeaseStore] in files: all processes of one user
// on one machine share a session, and ten calls of a command cost one sign-in.
//
//	store, err := filestore.New("") // ~/.cache/ringcx on Linux
//	if err != nil {
//		return err // names the path, and says how to mend it
//	}
//
// # What is on the disk
//
// A few files a key, in a folder that only its owner may enter (mode 0700). Each
// is of mode 0600 and named after a hash of the key:
//
//	4a1f….record  the record
//	4a1f….lock    held by the process that writes; empty, and never removed
//	4a1f….tmp     a write under way, or the rest of one that was killed
//	4a1f…-….lease locked by a process that renews, so that others see when it is
//	              killed; empty
//
// A write goes to the .tmp file, is synced to the disk and then renamed, so that
// a process may be killed, or the machine may lose power, at any moment: the
// record is the old one or the new one. Locks end with the process that holds
// them. The next write or renewal clears what a killed one left. Reading takes no
// lock.
//
// A record holds tokens that are as good as a password. A folder or a file that
// others may read, that belongs to another user or that is a symbolic link is
// refused, with an error that says what to run. On Windows, where modes say
// nothing, the folder is as private as its parent.
//
// The folder belongs on a local disk: many network file systems lock badly.
package filestore
