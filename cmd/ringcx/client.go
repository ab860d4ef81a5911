package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
)

// logoutTimeout bounds what a command waits for its logout.
const logoutTimeout = 3 * time.Second

// configFromEnv reads the credentials. Where they are missing it adds what works
// without.
func configFromEnv() (ringcx.Config, error) {
	cfg, err := ringcx.ConfigFromEnv()
	if err != nil {
		return cfg, usagef("%w\nno account at hand? 'ringcx demo' and 'ringcx mock' need none", err)
	}
	cfg.UserAgent = userAgent()
	return cfg, nil
}

// userAgent names this program to the services.
func userAgent() string { return "ringcx-cli/" + version() }

func newClient(cfg ringcx.Config) (*ringcx.Client, error) {
	client, err := ringcx.New(cfg)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return client, nil
}

// withClient runs do with a client of the credentials in the environment. Its
// session stays in a file, for the next command.
func withClient(cmd *cobra.Command, do func(context.Context, *ringcx.Client) error) error {
	cfg, err := configFromEnv()
	if err != nil {
		return err
	}
	if cfg.Store, err = sessions(); err != nil {
		return err
	}
	client, err := newClient(cfg)
	if err != nil {
		return err
	}
	defer client.Tokens.Close() // waits until the session is in the file
	return do(cmd.Context(), client)
}

// sessions is the Store of this user's sessions. Where the system has no folder
// for such files, as in some containers, each command signs in by itself.
func sessions() (ringcx.Store, error) {
	if _, err := os.UserCacheDir(); err != nil {
		return nil, nil
	}
	return filestore.New("")
}

// logOut ends the session, also after an interrupt. It is a courtesy to the
// other programs of the user, whose sessions a full list would end, so a failure
// is nobody's business.
func logOut(ctx context.Context, client *ringcx.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logoutTimeout)
	defer cancel()
	_ = client.Tokens.Logout(ctx)
}
