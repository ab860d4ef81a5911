package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// configFromEnv reads the credentials of a command from the selected profile and the
// environment. All its errors are usage errors.
func configFromEnv(cmd *cobra.Command) (ringcx.Config, error) {
	cfg, err := loadConfig(cmd)
	switch {
	case err == nil || exitCode(err) == exitUsage:
		return cfg, err
	case strings.Contains(err.Error(), " is not set"):
		return cfg, usagef("%w\nif you have no account, try 'ringcx demo' or 'ringcx mock'", err)
	}
	return cfg, usagef("%w", err)
}

// loadConfig returns the Config for a command. An error in the selected profile is a
// usage error. An error about missing credentials is not.
func loadConfig(cmd *cobra.Command) (ringcx.Config, error) {
	selected, err := selectedProfile(cmd)
	if err != nil {
		return ringcx.Config{}, err
	}
	cfg, err := selected.config()
	if err != nil {
		return cfg, err
	}
	cfg.UserAgent = userAgent()
	cfg.HTTPClient = &http.Client{CheckRedirect: checkRedirect}
	if debug, err := cmd.Flags().GetBool(debugFlag); err == nil && debug {
		cfg.HTTPClient.Transport = newDebugTransport(cmd.ErrOrStderr(), cfg)
	}
	return cfg, nil
}

// userAgent returns the User-Agent header of this program's requests.
func userAgent() string { return "ringcx-cli/" + version() }

// newClient returns a client. Its error names the variables that the user set.
func newClient(cfg ringcx.Config) (*ringcx.Client, error) {
	client, err := ringcx.New(cfg)
	if err != nil {
		return nil, usagef("%s", variableNames.Replace(err.Error()))
	}
	return client, nil
}

// variableNames replaces the fields of a ringcx.Config with the variables from which this
// program sets them.
var variableNames = strings.NewReplacer(
	"Config.RingCentral: ringcx: ", "",
	"Config.BaseURL", "RINGCX_BASE_URL",
	"JWTLogin.BaseURL", "RINGCENTRAL_BASE_URL",
	"JWTLogin.ClientID", "RC_CLIENT_ID",
	"JWTLogin.ClientSecret", "RC_CLIENT_SECRET",
	"JWTLogin.JWT", "RC_JWT",
)

// withClient calls do with a client that has the credentials of the environment and the
// session that the commands share. If that session is not kept, it logs out afterwards:
// sessions that stay open would end those of other programs.
func withClient(cmd *cobra.Command, do func(context.Context, *ringcx.Client) error) error {
	return withSession(cmd, func(ctx context.Context, client *ringcx.Client, kept cache) error {
		err := do(ctx, client)
		if kept.store == nil {
			logOut(ctx, client)
		}
		return err
	})
}

// withSession is like withClient, but does not log out. It also passes the cache to do.
func withSession(cmd *cobra.Command, do func(context.Context, *ringcx.Client, cache) error) error {
	return withEvents(cmd, nil, do)
}

// withEvents is like withSession. The client reports its events to onEvent.
func withEvents(cmd *cobra.Command, onEvent func(ringcx.Event), do func(context.Context, *ringcx.Client, cache) error) error {
	cfg, err := configFromEnv(cmd)
	if err != nil {
		return err
	}
	kept, err := openCache(cmd)
	if err != nil {
		return err
	}
	cfg.Store, cfg.OnEvent = kept.store, onEvent
	notices := newNotices(cmd)
	defer notices.stop()
	notices.watch(&cfg)
	client, err := newClient(cfg)
	if err != nil {
		return err
	}
	defer client.Tokens.Close() // waits until the session is stored
	err = explainSeal(do(cmd.Context(), client, kept))
	notices.waitFor("the session to be stored")
	return err
}
