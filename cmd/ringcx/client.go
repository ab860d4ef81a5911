package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

// configFromEnv reads the credentials from the environment. Its error also names
// the commands that need no credentials.
func configFromEnv() (ringcx.Config, error) {
	cfg, err := ringcx.ConfigFromEnv()
	if err != nil {
		return cfg, usagef("%w\nif you have no account, try 'ringcx demo' or 'ringcx mock'", err)
	}
	cfg.UserAgent = userAgent()
	return cfg, nil
}

// userAgent returns the User-Agent header of this program's requests.
func userAgent() string { return "ringcx-cli/" + version() }

func newClient(cfg ringcx.Config) (*ringcx.Client, error) {
	client, err := ringcx.New(cfg)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return client, nil
}

// withClient calls do with a client that has the credentials of the environment
// and the session that the commands share.
func withClient(cmd *cobra.Command, do func(context.Context, *ringcx.Client) error) error {
	cfg, err := configFromEnv()
	if err != nil {
		return err
	}
	if cfg.Store, err = sessionStore(); err != nil {
		return err
	}
	client, err := newClient(cfg)
	if err != nil {
		return err
	}
	defer client.Tokens.Close() // waits until the session is stored
	return do(cmd.Context(), client)
}

// sessionStore returns the Store of the session that the commands share. If the
// system has no cache directory, as in some containers, the Store is nil and each
// command signs in by itself.
func sessionStore() (ringcx.Store, error) {
	if _, err := os.UserCacheDir(); err != nil {
		return nil, nil
	}
	return filestore.New("")
}
