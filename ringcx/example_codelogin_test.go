package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// A user signed in with a browser, and the program stored the token. A CodeLogin continues
// that session and stores each new token.
func ExampleCodeLogin() {
	fake := ringcxtest.New()
	defer fake.Close()
	cfg := fake.Config()
	stored := signedIn(cfg) // in production: read from a file, a database or a vault

	cfg.RingCentral = &ringcx.CodeLogin{
		ClientID:     ringcxtest.ClientID,
		ClientSecret: ringcxtest.ClientSecret, // empty for a public app
		InitialToken: stored,
		Save: func(token *oauth2.Token) error {
			stored = token // in production: write it, and return the error
			return nil
		},
	}
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	accounts, err := client.Accounts.List(context.Background())
	if errors.Is(err, ringcx.ErrSignInRequired) {
		fmt.Println("sign in again")
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(accounts) > 0)
	// Output: true
}

// If the session of the user has ended, the program must ask the user to sign in again.
func ExampleErrSignInRequired() {
	login := &ringcx.CodeLogin{
		ClientID:     "the client id",
		InitialToken: &oauth2.Token{RefreshToken: "a refresh token"},
		Save:         func(*oauth2.Token) error { return nil },
		Load:         func() (*oauth2.Token, error) { return nil, nil }, // another process removed the token
	}
	_, err := login.Token()
	if errors.Is(err, ringcx.ErrSignInRequired) {
		fmt.Println("sign in again")
	}
	// Output: sign in again
}

// Revoke ends the session at RingCentral. TokenSource.Logout calls it, too.
func ExampleCodeLogin_Revoke() {
	fake := ringcxtest.New()
	defer fake.Close()
	cfg := fake.Config()
	token := signedIn(cfg)
	login := &ringcx.CodeLogin{
		ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret, InitialToken: token,
		Save:       func(*oauth2.Token) error { return nil },
		BaseURL:    cfg.RingCentral.(*ringcx.JWTLogin).BaseURL,
		HTTPClient: cfg.HTTPClient,
	}
	if err := login.Revoke(context.Background(), token); err != nil {
		log.Fatal(err)
	}
	_, err := login.Token()
	fmt.Println(errors.Is(err, ringcx.ErrSignInRequired))
	// Output: true
}

// signedIn returns the token of a user who signed in.
func signedIn(cfg ringcx.Config) *oauth2.Token {
	login := *cfg.RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = cfg.HTTPClient
	token, err := login.Token()
	if err != nil {
		log.Fatal(err)
	}
	token.RefreshToken = "a refresh token"
	return token
}

// CachedSource keeps the token of another source until it expires, or until RingCX rejects
// it: a source that keeps its token needs a method Invalidate.
type CachedSource struct {
	New func() (*oauth2.Token, error) // obtains a new token

	mu    sync.Mutex
	token *oauth2.Token
}

// Token implements oauth2.TokenSource.
func (s *CachedSource) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.Valid() {
		return s.token, nil
	}
	token, err := s.New()
	if err == nil {
		s.token = token
	}
	return token, err
}

// Invalidate drops the token that RingCX rejected.
func (s *CachedSource) Invalidate(rejected *oauth2.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != nil && s.token.AccessToken == rejected.AccessToken {
		s.token = nil
	}
}

// A source of the program that keeps its token implements Invalidate, so that it can
// recover from a token that was revoked before it expired.
func ExampleConfig_invalidate() {
	fake := ringcxtest.New()
	defer fake.Close()
	cfg := fake.Config()
	valid := signedIn(cfg)

	calls := 0
	cfg.RingCentral = &CachedSource{New: func() (*oauth2.Token, error) {
		if calls++; calls == 1 {
			return &oauth2.Token{AccessToken: "revoked"}, nil
		}
		return valid, nil
	}}
	tokens, err := ringcx.NewTokenSource(cfg)
	if err != nil {
		log.Fatal(err)
	}
	_, err = tokens.Token()
	fmt.Println(calls, err)
	// Output: 2 <nil>
}
