// Package filestore implements [ringcx.LeaseStore] with files. All processes of one
// user on one machine share a session, so that ten runs of a command need only one
// sign-in.
//
//	store, err := filestore.New("") // ~/.cache/ringcx on Linux
//	if err != nil {
//		return err // contains the path and how to fix the problem
//	}
//
// # Files
//
// The directory has mode 0700. It contains a few files for each key. Each file has
// mode 0600, and its name starts with a hash of the key:
//
//	4a1f….record  the record
//	4a1f….lock    locked during a write; empty, never removed
//	4a1f….tmp     a write in progress, or one that was interrupted
//	4a1f…-….lease locked by a process during a renewal, so that other processes
//	              notice if it is killed; empty
//
// A write goes to the .tmp file, is synced to disk, and is then renamed. If the
// process is killed or the machine loses power, the record is either the old one or
// the new one. The operating system releases the locks of a process that ends. The
// next write or renewal removes the files that a killed process left. Reads take no
// lock.
//
// A record contains tokens, which give access like a password. If the directory or
// a file can be read by other users, belongs to another user, or is a symbolic link,
// the methods return an error that contains the command to fix it. On Windows, file
// modes do not control access: the directory is as private as its parent.
//
// Use a local disk: locks are not reliable on many network file systems.
package filestore
