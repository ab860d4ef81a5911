package ringcx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// docs/service.md quotes the declarations of this file. TestServiceDocument compares them.

// TokenFile stores the RingCentral token of a user in a file. All processes of a machine
// can use the same file.
type TokenFile string

// Save replaces the file. A process that reads it meanwhile gets the old token or the new
// one, and a full disk leaves the old one.
func (f TokenFile) Save(token *oauth2.Token) error {
	data, err := json.Marshal(token)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(string(f)), ".token-*") // only the owner can read it
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // does nothing after the rename
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), string(f))
}

// Load returns the token that was stored last, or nil if there is none.
func (f TokenFile) Load() (*oauth2.Token, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	token := &oauth2.Token{}
	return token, json.Unmarshal(data, token)
}

// configure completes cfg for a service whose user signed in with a browser.
func configure(cfg ringcx.Config, login ringcx.CodeLogin, file TokenFile) (ringcx.Config, error) {
	token, err := file.Load()
	if err != nil {
		return cfg, err
	}
	if token == nil {
		return cfg, ringcx.ErrSignInRequired // send the user to the sign-in page
	}
	store, err := filestore.New(filepath.Join(filepath.Dir(string(file)), "ringcx"))
	if err != nil {
		return cfg, err
	}
	login.InitialToken, login.Save, login.Load = token, file.Save, file.Load
	cfg.RingCentral, cfg.Store = &login, store
	cfg.Key = "user 4711 of app " + login.ClientID // one for each user of each app
	cfg.OnEvent = logEvent
	return cfg, nil
}

// logEvent logs the steps of a session.
func logEvent(e ringcx.Event) {
	level := slog.LevelInfo
	switch {
	case e.Err != nil:
		level = slog.LevelWarn // callers may have a valid token still
	case e.Stage == ringcx.StageAdopt:
		level = slog.LevelDebug // routine: another process has renewed the tokens
	}
	slog.Log(context.Background(), level, "ringcx", "event", e)
}

// shutdown closes client, and gives up after the time that ctx leaves.
func shutdown(ctx context.Context, client *ringcx.Client) error {
	closed := make(chan error, 1)
	go func() { closed <- client.Tokens.Close() }()
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ready returns an error if the service cannot obtain a token.
func ready(ctx context.Context, client *ringcx.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := client.Tokens.TokenContext(ctx)
	return err
}

// statusFor returns the status with which a service responds after err.
func statusFor(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, ringcx.ErrSignInRequired):
		return http.StatusServiceUnavailable // and an alert: only the user can fix it
	case errors.Is(err, ringcx.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, ringcx.ErrRateLimited), errors.Is(err, ringcx.ErrClosed):
		return http.StatusServiceUnavailable // with Retry-After: see Error.RetryAfter
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// Campaign is what the service needs of an object that openapi.yaml does not have.
type Campaign struct {
	CampaignID int64 `json:"campaignId"`
}

// campaigns returns the campaigns of an account. The id comes from a request of a user.
func campaigns(ctx context.Context, client *ringcx.Client, accountID string) ([]Campaign, error) {
	const template = "/voice/api/v1/admin/accounts/{accountId}/campaigns"
	path := "/voice/api/v1/admin/accounts/" + url.PathEscape(accountID) + "/campaigns"
	req, err := http.NewRequestWithContext(ringcx.WithPathTemplate(ctx, template), http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	var all []Campaign
	for campaign, err := range ringcx.Stream[Campaign](client.Do(req)) {
		if err != nil {
			return nil, err
		}
		all = append(all, campaign)
	}
	return all, nil
}

// A service with a CodeLogin and a Store, from its start to its end. See docs/service.md.
func Example_service() {
	fake := ringcxtest.New() // in production: the services
	defer fake.Close()
	fake.Handle("GET /voice/api/v1/admin/accounts/{id}/campaigns", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"campaignId": 1}]`))
	}))
	dir, err := os.MkdirTemp("", "service")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := TokenFile(filepath.Join(dir, "token.json"))
	cfg := fake.CodeConfig(file.Save, file.Load) // stores the token of a sign-in

	cfg, err = configure(cfg, *cfg.RingCentral.(*ringcx.CodeLogin), file)
	if err != nil {
		log.Fatal(err)
	}
	cfg.OnEvent = nil // so that the example prints no times
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	fmt.Println("ready:", ready(ctx, client) == nil)
	list, err := campaigns(ctx, client, "7")
	fmt.Println(list, statusFor(err))
	_, err = campaigns(ctx, client, "..")
	fmt.Println(err)
	fmt.Println("closed:", shutdown(ctx, client) == nil)
	// Output:
	// ready: true
	// [{1}] 200
	// ringcx: call: the path of the URL has a segment "..", which would change the endpoint: check the ids in the path
	// closed: true
}
