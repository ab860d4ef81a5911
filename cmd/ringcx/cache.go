package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

// The flags of the session file.
const (
	cacheDirFlag = "cache-dir"
	noCacheFlag  = "no-cache"
)

// noCacheUsage is the help of --no-cache for the commands that do something else with it.
var noCacheUsage = map[string]string{
	"token":  "do not keep the session: sign in, and leave the session open, because its token is printed",
	"logout": "not allowed: without the file there is no session to end",
	"doctor": "do not check the session file; doctor never uses the stored session",
}

// addCacheFlags adds the flags of the session file to a command.
func addCacheFlags(cmd *cobra.Command) {
	cmd.Flags().String(cacheDirFlag, "", "keep the session in the directory `dir` (default: ringcx in the cache directory of your user)")
	cmd.Flags().Bool(noCacheFlag, false, cmp.Or(noCacheUsage[cmd.Name()], "do not keep the session: sign in, and log out at the end"))
	_ = cmd.MarkFlagDirname(cacheDirFlag) // fails only for an unknown flag
	addSealKeyFile(cmd)
}

// cache keeps the session that the commands share.
type cache struct {
	store  ringcx.Store // nil: the session is not kept
	reason string       // why it is not kept
	off    bool         // it is not kept, because of --no-cache
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
		return cache{off: true, reason: "--" + noCacheFlag + " is given"}, nil
	case dir == "":
		if _, err := os.UserCacheDir(); err != nil {
			return cache{reason: "the system has no cache directory: " + err.Error()}, nil
		}
	}
	keys, err := sealKeys(cmd)
	if err != nil {
		return cache{}, err
	}
	files, err := filestore.New(dir)
	if err != nil {
		what := strings.TrimSuffix(err.Error(), ", or choose another directory")
		return cache{}, fmt.Errorf("%s\notherwise choose another directory with --%s, or use --%s", what, cacheDirFlag, noCacheFlag)
	}
	store, err := sealed(files, keys)
	return cache{store: store}, err
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
