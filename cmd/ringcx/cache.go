package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

// The flags of the session file.
const (
	cacheDirFlag = "cache-dir"
	noCacheFlag  = "no-cache"
)

// addCacheFlags adds the flags of the session file to a command.
func addCacheFlags(cmd *cobra.Command) {
	cmd.Flags().String(cacheDirFlag, "", "keep the session in the directory `dir` (default: ringcx in the cache directory of your user)")
	cmd.Flags().Bool(noCacheFlag, false, "do not keep the session: sign in, and log out at the end")
	_ = cmd.MarkFlagDirname(cacheDirFlag) // fails only for an unknown flag
}

// cache is where the commands keep the session that they share.
type cache struct {
	store  ringcx.Store // nil: the session is not kept
	reason string       // why it is not kept
}

// openCache returns the cache that the flags of cmd and the environment select. If the
// system has no cache directory, as in some containers, the session is not kept.
func openCache(cmd *cobra.Command) (cache, error) {
	off, _ := cmd.Flags().GetBool(noCacheFlag) // fails only for an unknown flag
	dir, _ := cmd.Flags().GetString(cacheDirFlag)
	switch {
	case off && dir != "":
		return cache{}, usagef("--%s and --%s cannot be combined", noCacheFlag, cacheDirFlag)
	case off:
		return cache{reason: "--" + noCacheFlag + " is given"}, nil
	case dir == "":
		if _, err := os.UserCacheDir(); err != nil {
			return cache{reason: "the system has no cache directory: " + err.Error()}, nil
		}
	}
	store, err := filestore.New(dir)
	if err != nil {
		return cache{}, fmt.Errorf("%w\nor choose another directory with --%s, or use --%s", err, cacheDirFlag, noCacheFlag)
	}
	return cache{store: store}, nil
}

// checkKey is the key of the record that check writes. No session has it.
const checkKey = "ringcx doctor"

// check writes a record and deletes it.
func (c cache) check(ctx context.Context) error {
	_, version, err := c.store.Load(ctx, checkKey)
	if err == nil {
		version, err = c.store.CompareAndSwap(ctx, checkKey, version, []byte("check"))
	}
	if err == nil {
		_, err = c.store.CompareAndSwap(ctx, checkKey, version, nil)
	}
	if errors.Is(err, ringcx.ErrConflict) {
		return nil // another doctor writes the record, too
	}
	return err
}
