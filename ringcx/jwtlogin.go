package ringcx

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	ringCentralURL = "https://platform.ringcentral.com"
	tokenPath      = "/restapi/oauth/token"
	revokePath     = "/restapi/oauth/revoke"
	formType       = "application/x-www-form-urlencoded"

	// shortestLoginLife is the least life that RingCentral grants an access token,
	// assumed where its answer does not say.
	//
	// Source: RingCentral documentation, access_token_ttl: 600 to 3600 seconds.
	shortestLoginLife = 600 * time.Second
)

var _ builtinLogin = (*JWTLogin)(nil)

// JWTLogin signs in to RingCentral with a JWT credential, which is made in the
// developer console and not signed here. Each Token is a new sign-in: RingCentral
// allows five a minute per application and ends the oldest of about five sessions
// of a user, so leave the keeping to a [TokenSource]. Safe for concurrent use
// while its fields stay unchanged. It prints without its secrets, except from an
// unexported field of another type: there fmt calls no method.
//
// Source: RingCentral documentation, JWT auth flow and rate limits.
type JWTLogin struct {
	ClientID     string // of an app with the JWT auth flow; required
	ClientSecret string // required
	JWT          string // the credential; required

	// BaseURL is the origin of RingCentral, https or http on a loopback host.
	// Default: https://platform.ringcentral.com.
	BaseURL string

	// HTTPClient carries the sign-in; redirects are never followed. Its Transport is
	// used as that of Config.HTTPClient. Default: the Config's, and
	// http.DefaultClient for a JWTLogin that stands alone.
	HTTPClient *http.Client

	agent string // User-Agent, from the Config
}

// builtinLogin is a way to sign in to RingCentral that this package implements.
type builtinLogin interface {
	oauth2.TokenSource

	// resolve returns a copy of the login with the defaults of cfg. It returns an
	// error if a field is missing or invalid.
	resolve(cfg Config) (builtinLogin, error)

	// identity returns the app and the user that sign in.
	identity() (identity, error)

	// Revoke ends the RingCentral session of token.
	Revoke(ctx context.Context, token *oauth2.Token) error
}

// identity identifies a user of an app at RingCentral.
type identity struct {
	origin     string // the base URL of RingCentral, normalized
	clientID   string
	subject    string // the user; empty if not known
	credential string // what identifies the user if subject is empty
}

// asBuiltinLogin returns source as a builtinLogin, if its type is one. It lists the
// types instead of asserting the interface: a type of a program that embeds a *JWTLogin
// has the methods of a builtinLogin, but its own Token method must be called.
func asBuiltinLogin(source oauth2.TokenSource) (builtinLogin, bool) {
	if login, ok := source.(*JWTLogin); ok {
		return login, true
	}
	return nil, false
}

// resolve implements builtinLogin.
func (l *JWTLogin) resolve(cfg Config) (builtinLogin, error) {
	if l == nil {
		return nil, errNoRingCentral
	}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("ringcx: Config.RingCentral: %w", err)
	}
	own := *l
	own.agent = cfg.UserAgent
	if own.HTTPClient == nil {
		own.HTTPClient = &http.Client{Transport: cfg.HTTPClient.Transport}
	}
	return &own, nil
}

// identity implements builtinLogin. The subject is the sub of the JWT.
func (l *JWTLogin) identity() (identity, error) {
	base, err := l.base()
	if err != nil {
		return identity{}, err
	}
	var claims struct{ Sub string }
	if parts := strings.Split(l.JWT, "."); len(parts) == 3 {
		_ = json.Unmarshal(decodeSegment(parts[1]), &claims)
	}
	return identity{origin: base.String(), clientID: l.ClientID, subject: claims.Sub, credential: l.JWT}, nil
}

func (l *JWTLogin) check() error {
	for _, f := range []struct{ name, value string }{
		{"ClientID", l.ClientID}, {"ClientSecret", l.ClientSecret}, {"JWT", l.JWT},
	} {
		if f.value == "" {
			return errors.New("ringcx: JWTLogin." + f.name + " is empty: it is required")
		}
	}
	_, err := l.base()
	return err
}

func (l *JWTLogin) base() (*url.URL, error) {
	return parseBaseURL("JWTLogin.BaseURL", l.BaseURL, ringCentralURL)
}

// Token is [JWTLogin.TokenContext] without a context.
func (l *JWTLogin) Token() (*oauth2.Token, error) {
	return l.TokenContext(context.Background())
}

// TokenContext signs in, in 10 seconds at most. The token's Expiry is counted
// from when the request was sent. A refusal is an [*Error] of StageLogin with
// RingCentral's code, for example OAU-146 where the client id or secret is wrong.
func (l *JWTLogin) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	a, err := l.post(ctx, StageLogin, tokenPath, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {l.JWT},
	})
	if err != nil {
		return nil, err
	}
	var body struct {
		AccessToken string      `json:"access_token"`
		TokenType   string      `json:"token_type"`
		ExpiresIn   json.Number `json:"expires_in"`
	}
	if err := json.Unmarshal(a.body, &body); body.AccessToken == "" {
		return nil, a.bad(noToken(err, "access_token"))
	}
	life := shortestLoginLife
	if n, err := body.ExpiresIn.Float64(); err == nil && n > 0 {
		life = min(time.Duration(min(n, maxLife.Seconds())*float64(time.Second)), maxLife)
	}
	return &oauth2.Token{
		AccessToken: body.AccessToken,
		TokenType:   cmp.Or(body.TokenType, "Bearer"),
		Expiry:      a.sent.Add(life),
		ExpiresIn:   int64(life.Seconds()),
	}, nil
}

// Revoke ends the RingCentral session of token, in 10 seconds at most. A refusal
// is an [*Error] of StageLogout.
func (l *JWTLogin) Revoke(ctx context.Context, token *oauth2.Token) error {
	_, err := l.post(ctx, StageLogout, revokePath, url.Values{"token": {token.AccessToken}})
	return err
}

func (l *JWTLogin) post(ctx context.Context, stage Stage, path string, form url.Values) (answer, error) {
	if err := l.check(); err != nil {
		return answer{}, err
	}
	base, err := l.base()
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequest(http.MethodPost, base.String()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", formType)
	req.SetBasicAuth(l.ClientID, l.ClientSecret)
	basic := strings.TrimPrefix(req.Header.Get("Authorization"), "Basic ")
	a := tokenRequest{
		stage: stage, client: cmp.Or(l.HTTPClient, http.DefaultClient), request: req,
		secrets: []string{l.ClientSecret, l.JWT, basic, form.Get("token")},
		agent:   cmp.Or(l.agent, libraryAgent),
	}.do(ctx)
	return a, a.err
}

// noToken says why an answer of status 200 holds no token.
func noToken(err error, member string) string {
	if err != nil {
		return "the answer is not the JSON that it should be: is a proxy in between?"
	}
	return "the answer has no " + member
}
