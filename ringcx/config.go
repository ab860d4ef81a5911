package ringcx

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// The hosts of RingCX. A token bought at one is good at the other, but a client
// sends its tokens to its own BaseURL only.
//
// Source: RingCX documentation, which names the first in its older and the
// second in its newer pages.
const (
	DefaultBaseURL = "https://engage.ringcentral.com"
	CurrentBaseURL = "https://ringcx.ringcentral.com"
)

// sharedRenewBefore is the least RenewBefore with a Store: a host that dies in
// the middle of a renewal holds its lease for half of that.
const sharedRenewBefore = time.Minute

// defaultMaxReplays is how often a call is replayed when Config does not say.
const defaultMaxReplays = 3

// Config says where RingCX is and how to sign in. The zero value of every field
// but RingCentral is a good default. A Config prints without its secrets.
type Config struct {
	// RingCentral is where RingCentral tokens come from: a *JWTLogin or any
	// oauth2.TokenSource. It is asked only when a new RingCentral token is
	// needed, one call at a time. If it has a method
	// TokenContext(context.Context), that is called instead of Token, with a
	// context that ends after 10 seconds. A renewal waits 10 seconds for it. If it
	// takes longer, it is not called again before it returns: later renewals wait
	// for the same call, 10 seconds each, and use its token. Required.
	RingCentral oauth2.TokenSource

	// BaseURL is the origin of RingCX, with a path if a proxy adds one. It must
	// be https, or http on a loopback host. Default: DefaultBaseURL.
	BaseURL string

	// HTTPClient sends all requests: its Transport the sign-ins, the token
	// requests, the calls, and a HEAD of BaseURL that asks what time it is, if a
	// process with a Store does not know, or after the machine was suspended; its
	// Timeout, Jar and CheckRedirect apply to the calls only. It is copied.
	// Default: http.DefaultTransport, as it is now, without a time-out.
	//
	// An *http.Transport that uses HTTP/2 is copied too, and shares no connections
	// with the original: the copy closes a connection that is silent for 5 s and
	// then does not respond to a ping for 4 s, or as its HTTP2 field says. Idle
	// connections are pinged too. So a connection that went silent delays a token by
	// less than 15 s. All sources with the same Transport share one copy. It closes
	// idle connections after IdleConnTimeout, or 90 s, and not at the original's
	// CloseIdleConnections. Changes to the original apply to later sources only. The
	// copy does not have what was registered with RegisterProtocol.
	//
	// Another RoundTripper is used as it is, and so is an *http.Transport without
	// HTTP/2, with both ping times set, or with an HTTP/2 client of its own. After a
	// token request timed out, its idle connections are closed if it has a method
	// CloseIdleConnections. It must find silent HTTP/2 connections by itself, and
	// must not repeat a POST: a refresh token is valid for one use. Token requests
	// have no GetBody, so that a RoundTripper that needs it cannot repeat them.
	HTTPClient *http.Client

	// Store shares the session with other processes, so that all of them live on
	// one sign-in and one chain of refresh tokens. If it fails, a valid token is still
	// used, and the processes take turns to request tokens of their own with the
	// RingCentral token that they share; when that has ended the first four may sign
	// in. A caller without a valid token waits up to 10 seconds for the Store. See
	// [Store], and filestore for one machine. Default: nil, this process only.
	Store Store

	// Key names the record in the Store. Programs with the same Key must sign in
	// as the same user of the same app. If a record belongs to another client id or
	// another sub of a JWT, an error is returned and nothing of it is used. Of a JWT
	// without a sub, and of a source that is not a *JWTLogin, this is not known. Required
	// with a Store, except with a *JWTLogin: by default it is then a hash of
	// RingCentral's and RingCX's base URLs, in any spelling, the client id, and the sub
	// of the JWT (or the JWT, if it has none).
	Key string

	// RenewBefore is how long before its end a token is renewed. By default it is
	// a quarter of the token's life (75 s of five minutes), so that a renewal may
	// fail and be tried again before anybody waits. With a Store, less than a
	// minute given here counts as a minute. It is capped at half the life.
	RenewBefore time.Duration

	// MaxReplays is how often a call is sent again after a status 429 or 503, and a
	// GET or HEAD after another status of 500 or more or a network error; and how
	// many renewals of the token a call may see fail that way, or held back by a limit
	// or the Store, before it fails too. A failure that is older than the call does
	// not count. Both together. Default: 3; negative: never.
	MaxReplays int

	// UserAgent names the program, for example "billing-sync/1.4". The name of
	// this library is appended. Default: the library's name alone.
	UserAgent string

	// OnEvent is told of every sign-in, exchange, refresh and logout, done or
	// failed, and with a Store of every pair that another process obtained and of
	// failures of the Store. It runs on the goroutine that renews, or of Logout or
	// Close, one call at a time, so it must not block and must not call the
	// TokenSource. Default: nobody is told.
	OnEvent func(Event)
}

// ConfigFromEnv reads the credentials of a [JWTLogin] from RC_CLIENT_ID,
// RC_CLIENT_SECRET and RC_JWT, and, where they are set, the two hosts from
// RINGCENTRAL_BASE_URL and RINGCX_BASE_URL. The error names every variable that
// is missing and where its value comes from.
//
// Source: RingCentral's code samples use the same three names.
func ConfigFromEnv() (Config, error) {
	login := &JWTLogin{BaseURL: os.Getenv("RINGCENTRAL_BASE_URL")}
	var missing []error
	for _, v := range []struct {
		name, origin string
		field        *string
	}{
		{"RC_CLIENT_ID", "the client id of your app in the RingCentral developer console", &login.ClientID},
		{"RC_CLIENT_SECRET", "the client secret of your app in the RingCentral developer console", &login.ClientSecret},
		{"RC_JWT", "a JWT credential made in the RingCentral developer console, under your name, Credentials", &login.JWT},
	} {
		if *v.field = strings.TrimSpace(os.Getenv(v.name)); *v.field == "" {
			missing = append(missing, fmt.Errorf("ringcx: %s is not set: it is %s", v.name, v.origin))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return Config{}, err
	}
	return Config{RingCentral: login, BaseURL: os.Getenv("RINGCX_BASE_URL")}, nil
}

// resolve checks c and fills in its defaults. A *JWTLogin is copied, so that
// what the caller does with his later changes nothing here.
func (c Config) resolve() (Config, *url.URL, error) {
	base, err := parseBaseURL("Config.BaseURL", c.BaseURL, DefaultBaseURL)
	if err != nil {
		return c, nil, err
	}
	if c.RenewBefore < 0 {
		return c, nil, fmt.Errorf("ringcx: Config.RenewBefore is %v: it must not be negative", c.RenewBefore)
	}
	own := http.Client{}
	if c.HTTPClient != nil {
		own = *c.HTTPClient
	}
	own.Transport = keepalive.Transport(own.Transport)
	c.HTTPClient = &own
	if strings.ContainsFunc(c.UserAgent, unicode.IsControl) {
		return c, nil, fmt.Errorf("ringcx: Config.UserAgent is %q: it must not hold control characters", c.UserAgent)
	}
	if c.MaxReplays == 0 {
		c.MaxReplays = defaultMaxReplays
	}
	c.UserAgent = strings.TrimSpace(c.UserAgent + " " + libraryAgent)
	if c.RingCentral, err = c.resolveRingCentral(); err != nil || c.Store == nil {
		return c, base, err
	}
	if c.RenewBefore > 0 {
		c.RenewBefore = max(c.RenewBefore, sharedRenewBefore)
	}
	c.Key, err = c.resolveKey(base)
	return c, base, err
}

func (c Config) resolveRingCentral() (oauth2.TokenSource, error) {
	if c.RingCentral == nil {
		return nil, errNoRingCentral
	}
	login, ok := asBuiltinLogin(c.RingCentral)
	if !ok {
		return c.RingCentral, nil
	}
	return login.resolve(c)
}

var errNoRingCentral = errors.New("ringcx: Config.RingCentral is required: a *JWTLogin, or any oauth2.TokenSource of RingCentral tokens")

// transport is what every request is sent with.
func (c Config) transport() http.RoundTripper { return c.HTTPClient.Transport }

// resolveKey is the name of the record: the program's, or one that two tenants
// never share.
func (c Config) resolveKey(base *url.URL) (string, error) {
	if c.Key != "" {
		return c.Key, nil
	}
	login, ok := asBuiltinLogin(c.RingCentral)
	if !ok {
		return "", errors.New("ringcx: Config.Key is required with a Store, except with a *JWTLogin: give each user of each app a name of its own")
	}
	id, err := login.identity()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, part := range []string{id.origin, base.String(), id.clientID, cmp.Or(id.subject, id.credential)} {
		hash.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// fingerprint names who a record belongs to: the app and the user that sign in. It is
// empty if that is not known, as with a token source of the program or a JWT without
// sub.
func (c Config) fingerprint() string {
	login, ok := asBuiltinLogin(c.RingCentral)
	if !ok {
		return ""
	}
	id, err := login.identity()
	if err != nil || id.subject == "" {
		return ""
	}
	hash := sha256.Sum256([]byte("ringcx login\x00" + id.clientID + "\x00" + id.subject))
	return hex.EncodeToString(hash[:8])
}

// parseBaseURL reads a base URL that may receive secrets: https, or http to
// this machine. The name of the field starts the error, which never repeats a
// password of the URL.
func parseBaseURL(field, raw, byDefault string) (*url.URL, error) {
	if raw == "" {
		raw = byDefault
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("ringcx: %s is no URL with a host: write it like %s", field, byDefault)
	}
	normalize(u)
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("ringcx: %s must hold no user, query or fragment: write it like %s", field, byDefault)
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		return nil, fmt.Errorf("ringcx: %s is %s: it must be https (http is for loopback hosts only), or tokens travel in the clear", field, u)
	}
	return u, nil
}

// normalize gives all spellings of a base URL the same text: a lower-case host, no
// default port, and a clean path without a trailing slash. The default key is a
// hash of that text.
func normalize(u *url.URL) {
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port == "" || port == defaultPorts[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	u.Path, u.RawPath, u.ForceQuery = strings.TrimRight(path.Clean("/"+u.Path), "/"), "", false
}

var defaultPorts = map[string]string{"https": "443", "http": "80"}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const (
	authPath   = "/api/auth/"
	logoutPath = authPath + "logout/"
)

// isAuth reports whether u is one of RingCX's own token endpoints below base.
// They take their secrets in the form and must not see a bearer token.
func isAuth(base, u *url.URL) bool {
	return strings.HasPrefix(path.Clean(u.Path)+"/", base.Path+authPath)
}

// maskPath is the path of u without the refresh token that the documented
// logout carries in it.
func maskPath(u *url.URL) string {
	if before, _, found := strings.Cut(u.Path, logoutPath); found {
		return before + logoutPath + redact.Mask
	}
	return u.Path
}

// maskURL is raw without its query, and with the path of [maskPath], for errors that
// name a URL.
func maskURL(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	u, err := url.Parse(raw)
	if err != nil || !strings.Contains(u.Path, logoutPath) {
		return raw
	}
	return u.Scheme + "://" + u.Host + maskPath(u)
}
