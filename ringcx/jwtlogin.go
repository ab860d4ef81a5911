package ringcx

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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

var _ oauth2.TokenSource = (*JWTLogin)(nil)

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
