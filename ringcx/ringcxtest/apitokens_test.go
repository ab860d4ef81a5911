package ringcxtest_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// isValid returns what validateToken responds.
func isValid(t *testing.T, client *ringcx.Client, token wire.Secret) bool {
	t.Helper()
	ok, err := client.Logins.ValidateToken(t.Context(), gen.ValidateTokenParams{XAuthToken: token})
	if err != nil {
		t.Error(err)
	}
	return ok
}

func TestAPITokens(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake)
	ctx := t.Context()
	var tokens []wire.Secret
	for range 2 {
		token, err := client.APITokens.Create(ctx)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	if err := client.APITokens.Delete(ctx, tokens[0]); err != nil {
		t.Error(err)
	}
	listed, err := client.APITokens.List(ctx)
	if err != nil || !slices.Equal(listed, tokens[1:]) {
		t.Errorf("tokens: %v, %v; want %v", listed, err, tokens[1:])
	}
	if isValid(t, client, tokens[0]) || !isValid(t, client, tokens[1]) || isValid(t, client, "other") {
		t.Error("want only the token that was created and not deleted to be valid")
	}
}

// TestAPITokenIsNotLogged sends a token in a path and in a query.
func TestAPITokenIsNotLogged(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	fake.Handle("GET /old", http.NotFoundHandler())
	client := newClient(t, fake)
	token, err := client.APITokens.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/old?key="+url.QueryEscape(string(token)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(req); !errors.Is(err, ringcx.ErrNotFound) {
		t.Errorf("call with a token in the query: %v, want status 404", err)
	}
	if err := client.APITokens.Delete(t.Context(), token); err != nil {
		t.Error(err)
	}
	for _, entry := range fake.Log() {
		if strings.Contains(entry.URL, string(token)) {
			t.Errorf("the log has a token: %s", entry.URL)
		}
	}
}

// TestValidateAccessToken checks that an access token is valid until it expires.
func TestValidateAccessToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ringcxtest.NewServer(t))
		token, err := client.Tokens.Token()
		if err != nil {
			t.Fatal(err)
		}
		if !isValid(t, client, wire.Secret(token.AccessToken)) {
			t.Error("a new access token is not valid")
		}
		time.Sleep(5 * time.Minute)
		if isValid(t, client, wire.Secret(token.AccessToken)) {
			t.Error("an expired access token is valid")
		}
	})
}

func TestGetLogin(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	fake.SetAccounts(gen.Account{AccountID: "7", AccountName: "Seven"})
	client := newClient(t, fake)
	for _, name := range []string{"alex.admin@example.com", "me@example.com"} {
		login, err := client.Logins.Get(t.Context())
		if err != nil || len(login.Accounts) != 1 || login.Accounts[0].AccountID != "7" {
			t.Fatalf("login: %+v, %v; want the account 7", login, err)
		}
		if login.User.UserName != name {
			t.Errorf("user: %s, want %s", login.User.UserName, name)
		}
		fake.SetUsers(gen.User{UserID: 1, UserName: "a", Children: []gen.User{{UserID: 987654, UserName: "me@example.com"}}})
	}
}
