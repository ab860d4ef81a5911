package ringcx

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

	// shortestLoginLife is the shortest lifetime of a RingCentral access token. It is
	// assumed if the response does not contain the lifetime.
	//
	// Source: RingCentral documentation, access_token_ttl: 600 to 3600 seconds.
	shortestLoginLife = 600 * time.Second
)

var _ builtinLogin = (*JWTLogin)(nil)

// JWTLogin signs in to RingCentral with a JWT credential from the developer console.
//
// Each call of Token is a new sign-in. RingCentral allows five sign-ins a minute per
// application, and ends the oldest of about five sessions of a user. Use a JWTLogin as
// the RingCentral field of a [Config], so that a [TokenSource] keeps the token.
//
// A JWTLogin is safe for concurrent use if its fields do not change. fmt, log/slog and
// encoding/json print it without its secrets, with one exception: fmt prints them if the
// JWTLogin is in an unexported field of another type, because it calls no methods there.
//
// Source: RingCentral documentation, JWT auth flow and rate limits.
type JWTLogin struct {
	ClientID     string // of an app that uses the JWT auth flow; required
	ClientSecret string // of the same app; required
	JWT          string // the JWT credential; required

	// BaseURL is the base URL of RingCentral. It must use https, or http with a loopback
	// host. Default: https://platform.ringcentral.com.
	BaseURL string

	// HTTPClient sends the sign-in. It does not follow redirects. Its Transport is used
	// in the same way as that of Config.HTTPClient. Default: the HTTPClient of the
	// Config, or http.DefaultClient if the JWTLogin is used without a Config.
	HTTPClient *http.Client

	agent string // the User-Agent header, from the Config
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

	// saveAgain saves a token that could not be saved before. It returns nil if there
	// is none.
	saveAgain() error
}

// sessionKeeper is a builtinLogin whose session ends if its refresh token is not used for
// a week.
type sessionKeeper interface {
	// keepAlive refreshes the session, unless its token expired less than keepAliveAfter
	// ago. It returns the current token, which may have expired.
	keepAlive(ctx context.Context) (*oauth2.Token, error)
}

// identity identifies a user of an app at RingCentral.
type identity struct {
	origin     string // the base URL of RingCentral, normalized
	clientID   string
	subject    string // the user; "" if not known
	credential string // what identifies the user if subject is ""; "": nothing does reliably
}

// asBuiltinLogin returns source as a builtinLogin, if its type is one. It lists the
// types instead of asserting the interface: a type of a program that embeds a *JWTLogin
// has the methods of a builtinLogin, but its own Token method must be called.
func asBuiltinLogin(source oauth2.TokenSource) (builtinLogin, bool) {
	switch source.(type) {
	case *JWTLogin, *CodeLogin:
		return source.(builtinLogin), true
	}
	return nil, false
}

// Token calls [JWTLogin.TokenContext] with context.Background.
func (l *JWTLogin) Token() (*oauth2.Token, error) {
	return l.TokenContext(context.Background())
}

// TokenContext signs in and returns the RingCentral token. It takes at most 10 s. If
// RingCentral rejects the sign-in, the error is an [*Error] with StageLogin and the code of
// RingCentral, for example OAU-146 if the client id or the client secret is wrong.
//
// Expiry is the time at which the request was sent plus the token's lifetime, or plus 10
// minutes if the response does not contain the lifetime.
func (l *JWTLogin) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	a, err := l.post(ctx, StageLogin, tokenPath, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {l.JWT},

		// Without a refresh token, a session that is not revoked ends with the access token,
		// and does not count towards the sessions of the user for a week.
		//
		// Source: RingCentral API reference, Get Token: 0 requests no refresh token.
		"refresh_token_ttl": {"0"},
	})
	if err != nil {
		return nil, err
	}
	token, err := a.rcToken()
	if err != nil {
		return nil, err
	}
	token.RefreshToken = "" // not used: the next call signs in again
	return token, nil
}

// Revoke ends the RingCentral session of token. It takes at most 10 s. If RingCentral
// rejects the request, the error is an [*Error] with StageLogout.
func (l *JWTLogin) Revoke(ctx context.Context, token *oauth2.Token) error {
	_, err := l.post(ctx, StageLogout, revokePath, url.Values{"token": {token.AccessToken}})
	return err
}

// post sends a form to RingCentral, with the client id and the client secret.
func (l *JWTLogin) post(ctx context.Context, stage Stage, path string, form url.Values) (tokenResult, error) {
	if err := l.check(); err != nil {
		return tokenResult{}, err
	}
	base, err := l.base()
	if err != nil {
		return tokenResult{}, err
	}
	return rcRequest{
		stage: stage, url: base.String() + path, form: form,
		clientID: l.ClientID, clientSecret: l.ClientSecret, client: l.HTTPClient, agent: l.agent,
	}.send(ctx)
}

// check returns an error if a field is missing or invalid.
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

// resolve implements builtinLogin.
func (l *JWTLogin) resolve(cfg Config) (builtinLogin, error) {
	if l == nil {
		return nil, errNoRingCentral
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	own := *l
	own.HTTPClient, own.agent = loginClient(l.HTTPClient, cfg), cfg.UserAgent
	return &own, nil
}

// loginClient returns client or, if that is nil, a client with the transport of cfg.
func loginClient(client *http.Client, cfg Config) *http.Client {
	if client != nil {
		return client
	}
	return &http.Client{Transport: cfg.HTTPClient.Transport}
}

// identity implements builtinLogin. The subject is the sub claim of the JWT.
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

// saveAgain implements builtinLogin. A JWTLogin saves nothing.
func (l *JWTLogin) saveAgain() error { return nil }

// rcRequest is a form that an app sends to RingCentral.
type rcRequest struct {
	stage        Stage
	url          string
	form         url.Values
	clientID     string
	clientSecret string       // empty: the app is public
	client       *http.Client // nil: http.DefaultClient
	agent        string       // User-Agent; empty: that of this library
}

// send sends r once. The form of a public app has the client id. Any other app uses Basic
// authentication.
//
// Source: RingCentral documentation, authorization code flow, refresh tokens, revoke.
func (r rcRequest) send(ctx context.Context) (tokenResult, error) {
	if r.clientSecret == "" {
		r.form.Set("client_id", r.clientID)
	}
	req, err := http.NewRequest(http.MethodPost, r.url, strings.NewReader(r.form.Encode()))
	if err != nil {
		return tokenResult{}, err
	}
	req.Header.Set("Content-Type", formType)
	if r.clientSecret != "" {
		req.SetBasicAuth(r.clientID, r.clientSecret)
	}
	res := tokenRequest{
		stage: r.stage, client: cmp.Or(r.client, http.DefaultClient), request: req,
		secrets: r.secrets(req), agent: cmp.Or(r.agent, libraryAgent),
	}.do(ctx)
	return res, res.err
}

// secrets returns the secrets in req, the request for r.
func (r rcRequest) secrets(req *http.Request) []string {
	basic := strings.TrimPrefix(req.Header.Get("Authorization"), "Basic ")
	return []string{r.clientSecret, basic, r.form.Get("assertion"), r.form.Get("refresh_token"), r.form.Get("token")}
}

// rcToken returns the token in a response of RingCentral. Its Extra returns the other
// fields of the response.
func (res tokenResult) rcToken() (*oauth2.Token, error) {
	var body struct {
		AccessToken  string      `json:"access_token"`
		RefreshToken string      `json:"refresh_token"`
		TokenType    string      `json:"token_type"`
		ExpiresIn    json.Number `json:"expires_in"`
	}
	if err := json.Unmarshal(res.body, &body); body.AccessToken == "" {
		return nil, res.invalid(noToken(err, "access_token"))
	}
	life := rcLifetime(body.ExpiresIn)
	token := &oauth2.Token{
		AccessToken:  body.AccessToken,
		RefreshToken: body.RefreshToken,
		TokenType:    cmp.Or(body.TokenType, "Bearer"),
		Expiry:       res.sent.Add(life),
		ExpiresIn:    int64(life.Seconds()),
	}
	var extra map[string]any
	_ = json.Unmarshal(res.body, &extra) // it was decoded above
	delete(extra, "access_token")
	delete(extra, "refresh_token")
	return token.WithExtra(extra), nil
}

// rcLifetime returns the lifetime of an access token from the expires_in of its response.
func rcLifetime(expiresIn json.Number) time.Duration {
	n, err := expiresIn.Float64()
	if err != nil || n <= 0 {
		return shortestLoginLife
	}
	return min(time.Duration(min(n, maxLifetime.Seconds())*float64(time.Second)), maxLifetime)
}

// noToken returns the message for a response of status 200 without a token. The error is
// that of decoding the response.
func noToken(err error, field string) string {
	if err != nil {
		return "the response is not the expected JSON: check whether a proxy sent it"
	}
	return "the response has no " + field
}

func (l JWTLogin) summary() string {
	return fmt.Sprintf("ringcx.JWTLogin{ClientID: %q, BaseURL: %q}", l.ClientID, l.BaseURL)
}

// Format implements fmt.Formatter. For every verb it writes a description of l without
// its credentials.
func (l JWTLogin) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (l JWTLogin) MarshalText() ([]byte, error) { return []byte(l.summary()), nil }
