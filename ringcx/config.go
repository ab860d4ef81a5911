package ringcx

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
)

// Base URLs of RingCX. A token obtained from one is also valid at the other, but a client
// sends its tokens to its own BaseURL only.
//
// Source: RingCX documentation; its older pages name the first, its newer pages the
// second.
const (
	DefaultBaseURL = "https://engage.ringcentral.com"
	CurrentBaseURL = "https://ringcx.ringcentral.com"
)

// sharedRenewBefore is the smallest RenewBefore with a Store: a process that ends during a
// renewal keeps its lease for 30 s, and another one needs time to renew after that.
const sharedRenewBefore = time.Minute

const defaultMaxReplays = 3

// Config configures a [Client] or a [TokenSource]. Only RingCentral is required; the zero
// value of any other field means its default. fmt, log/slog and encoding/json print a
// Config without its secrets.
type Config struct {
	// RingCentral provides RingCentral tokens: a *JWTLogin, a *CodeLogin or any other
	// oauth2.TokenSource. Required.
	//
	// It is called only if a new RingCentral token is needed, and never by two
	// goroutines at once: when the last one has expired, according to its Expiry, and
	// when RingCX rejected it. Each call must return a token that RingCX may accept. A
	// token without an Expiry is used until RingCX rejects it. If the source has a method
	//
	//	TokenContext(context.Context) (*oauth2.Token, error)
	//
	// this method is called instead of Token, with a context that ends after 10 s.
	//
	// A source that keeps its token and returns it again needs a method
	//
	//	Invalidate(*oauth2.Token)
	//
	// It is called if RingCX rejected the token with status 401, for example because its
	// RingCentral session was ended, or a token that it had accepted before with status
	// 400, 403 or 404. Then the source is called again, once. Only
	// the AccessToken of its argument is set. After Invalidate the source must not return
	// that access token again. Invalidate is not called while a call of Token or
	// TokenContext is in progress.
	//
	// The TokenSource of an oauth2.Config, and oauth2.ReuseTokenSource, keep their token
	// until it expires and have no such method. They cannot recover from a revoked
	// token before that. They also lose the session if a new refresh token is not saved.
	// Use a CodeLogin instead, or wrap them in a type with Invalidate.
	//
	// A renewal waits at most 10 s for the call. A longer call is not repeated before
	// it has returned: later renewals wait for the same call, at most 10 s each, and
	// use its token.
	RingCentral oauth2.TokenSource

	// BaseURL is the base URL of RingCX. It must use https, or http with a loopback
	// host. It may have a path, for example if a proxy adds one. Default:
	// DefaultBaseURL.
	BaseURL string

	// HTTPClient sends all requests. It is copied. Its Transport sends
	//
	//   - the calls,
	//   - the sign-ins of a *JWTLogin or *CodeLogin without an HTTPClient, and the token
	//     requests,
	//   - HEAD requests for BaseURL, to learn the services' time: if a process with a
	//     Store does not know it, and after the machine was suspended.
	//
	// Its Timeout, Jar and CheckRedirect apply to the calls of a [Client] only. Timeout
	// limits a whole call: the wait for a token, all attempts, the waits between them, and
	// reading the body. It is not a limit for each attempt; a call is not sent again if
	// the wait would exceed it. A Timeout of 10 s therefore prevents most retries after
	// status 429, which ask to wait for up to a minute.
	//
	// Default: a client without a timeout, with the value that http.DefaultTransport has
	// now.
	//
	// If Transport is an *http.Transport that uses HTTP/2, a copy of it is used that
	// detects connections that no longer respond. It pings a connection after 5 s
	// without a frame, even if the connection is idle, and closes it 4 s later if there
	// is no response. Such a connection therefore delays a token by less than 15 s. To
	// change one of the two times, set it in the HTTP2 field of the original. The copy
	//
	//   - is shared by all TokenSources with the same Transport, but has its own
	//     connections: CloseIdleConnections of the original does not close them;
	//   - closes idle connections after IdleConnTimeout, or after 90 s if that is 0;
	//   - does not include protocols added with RegisterProtocol.
	//
	// Later changes to the original affect only TokenSources created after them.
	//
	// Any other RoundTripper is used as it is, and so is an *http.Transport without
	// HTTP/2, with both ping times set, or with an HTTP/2 client of its own. It must
	// detect HTTP/2 connections that no longer respond, and must not repeat a POST,
	// because a refresh token is valid for one use. (Token requests have no GetBody, so
	// that a RoundTripper that needs it cannot repeat them.) If it has a method
	// CloseIdleConnections, that method is called after a token request timed out.
	HTTPClient *http.Client

	// Store shares the session with other processes: all of them use one sign-in and
	// one chain of refresh tokens. See [Store], and package filestore for processes on
	// one machine. Default: nil, the session is not shared.
	//
	// If the Store fails, the processes continue to use a valid token. They take turns
	// to request tokens of their own with the RingCentral token that they share; after
	// it has expired, up to four of them may sign in. A caller without a valid token
	// waits up to 10 s for the Store.
	Store Store

	// Key names the record in the Store. Programs with the same Key must sign in as the
	// same user of the same app. If the record belongs to another client id, or to
	// another user according to the sub claim of the JWT or the owner_id, methods return an error and
	// the record is not used. This is not checked if the JWT has no sub, nor for a
	// *CodeLogin whose InitialToken has no Extra "owner_id", nor for any other source.
	//
	// Required with a Store, unless RingCentral is a *JWTLogin. In this case the default
	// is a hash of the normalized base URLs of RingCentral and RingCX, the client id and
	// the sub of the JWT (or the whole JWT if it has no sub).
	Key string

	// RenewBefore is how long before its end a token is renewed. Default: a quarter of
	// the token's lifetime (75 s of five minutes), so that a failed renewal can be
	// retried before a caller has to wait. It is capped at half the lifetime. With a
	// Store, a shorter time than one minute means one minute, and the processes renew up
	// to 4 s earlier, at random, so that they do not all read the Store at once.
	RenewBefore time.Duration

	// MaxReplays is how often a call is sent again. A call is sent again after status
	// 429, and if it is idempotent also after 503 with Retry-After: see
	// [TokenSource.Transport]. A GET or HEAD is also sent again after any other status of
	// 500 or more, except 501, and after a network error.
	//
	// A call without a valid token also waits for another renewal after one that failed
	// this way, or that a limit or the Store held back. Each such failure counts like a
	// replay, unless it is older than the call.
	//
	// If a response does not say how long to wait, the waits are about 1, 2, 4 and 8 s, then
	// 15 s each. The default thus ends after about 7 s, but a limit of calls a minute may
	// last a minute: a program that sends more than 120 calls in a minute should set 8,
	// which waits for at least a minute in all.
	//
	// Default: 3. The zero value means the default: to turn retries off, use a negative
	// value, or [WithoutRetry] for one call. The second attempt after a status 401 does
	// not count, and is made in any case.
	MaxReplays int

	// UserAgent names the program, for example "billing-sync/1.4". The name of this
	// library is appended. Default: only the name of the library.
	UserAgent string

	// OnEvent is called after every sign-in, exchange, refresh and logout, whether it
	// succeeded or failed. With a Store it is also called when tokens of another process
	// are taken over, and when the Store fails.
	//
	// It is called by the goroutine of the renewal, or by that of Logout or Close, one
	// call at a time. It must not block, and must not call the TokenSource. Default: not
	// called.
	OnEvent func(Event)

	// OnCall is called after each attempt to send a request with the bearer token, by a
	// [Client] or through [TokenSource.Transport]: once for a call that succeeds at once,
	// and once more each time that it is sent again. It is not called for token requests
	// and for requests to other origins, nor if a call is not sent because there is no
	// valid token: OnEvent reports the renewal that failed.
	//
	// It is called by the goroutine of the call, before the wait for the next attempt and
	// before the body of the response is read: status 200 does not say that the body was
	// complete. Several goroutines may call it at once. It
	// delays the call until it returns. Default: not called.
	OnCall func(Call)
}

// ConfigFromEnv returns a Config with a [JWTLogin]. It reads the credentials from the
// environment variables RC_CLIENT_ID, RC_CLIENT_SECRET and RC_JWT. RINGCENTRAL_BASE_URL
// and RINGCX_BASE_URL are optional. If variables are missing, the error names each of
// them and where its value comes from. If a base URL is not valid, or a value is in
// quotation marks, the error names its variable.
//
// Source: RingCentral's code samples use the same three names.
func ConfigFromEnv() (Config, error) {
	login := &JWTLogin{BaseURL: os.Getenv("RINGCENTRAL_BASE_URL")}
	baseURL := os.Getenv("RINGCX_BASE_URL")
	var problems []error
	for _, v := range []struct {
		name, origin string
		field        *string
	}{
		{"RC_CLIENT_ID", "the client id of your app in the RingCentral developer console", &login.ClientID},
		{"RC_CLIENT_SECRET", "the client secret of your app in the RingCentral developer console", &login.ClientSecret},
		{"RC_JWT", "a JWT credential created in the RingCentral developer console, under your name, Credentials", &login.JWT},
	} {
		if *v.field = strings.TrimSpace(os.Getenv(v.name)); *v.field == "" {
			problems = append(problems, fmt.Errorf("ringcx: %s is not set: it is %s", v.name, v.origin))
		}
		problems = append(problems, checkQuotes(v.name, *v.field))
	}
	for _, v := range [][3]string{
		{"RINGCENTRAL_BASE_URL", login.BaseURL, ringCentralURL},
		{"RINGCX_BASE_URL", baseURL, DefaultBaseURL},
	} {
		err := checkQuotes(v[0], v[1])
		if err == nil {
			_, err = parseBaseURL(v[0], v[1], v[2])
		}
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return Config{}, err
	}
	return Config{RingCentral: login, BaseURL: baseURL}, nil
}

// checkQuotes returns an error if the value of the variable with the given name begins and
// ends with the same quotation mark. No valid value does.
func checkQuotes(name, value string) error {
	value = strings.TrimSpace(value)
	for _, mark := range []string{`"`, "'"} {
		if strings.HasPrefix(value, mark) && strings.HasSuffix(value, mark) {
			return fmt.Errorf("ringcx: the value of %s is in quotation marks, which are a part of it: remove them", name)
		}
	}
	return nil
}

// resolve returns a copy of c with its defaults, and the parsed BaseURL. It copies
// HTTPClient and a builtinLogin, so that the caller may change the originals later. It
// returns an error if a field is missing or invalid.
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
		return c, nil, fmt.Errorf("ringcx: Config.UserAgent is %q: it must not contain control characters", c.UserAgent)
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

var errNoRingCentral = errors.New("ringcx: Config.RingCentral is required: a *JWTLogin, a *CodeLogin, or any oauth2.TokenSource of RingCentral tokens")

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

// transport returns the RoundTripper for all requests of a resolved Config.
func (c Config) transport() http.RoundTripper { return c.HTTPClient.Transport }

var errNoKey = errors.New("ringcx: Config.Key is required with a Store, unless RingCentral is a *JWTLogin: use another key for each user of each app")

// resolveKey returns Key or its default, a hash that differs between the users of an
// app, between apps and between services.
func (c Config) resolveKey(base *url.URL) (string, error) {
	if c.Key != "" {
		return c.Key, nil
	}
	login, ok := asBuiltinLogin(c.RingCentral)
	if !ok {
		return "", errNoKey
	}
	id, err := login.identity()
	if err != nil {
		return "", err
	}
	if id.credential == "" {
		return "", errNoKey
	}
	hash := sha256.New()
	for _, part := range []string{id.origin, base.String(), id.clientID, cmp.Or(id.subject, id.credential)} {
		hash.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// fingerprint returns a hash of the app and the user that sign in. A record contains the
// hash to show whom it belongs to. It is "" if the user is not known: for a token source
// of the program, for a JWT without sub, and for a token without owner_id.
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

// parseBaseURL parses raw, or byDefault if raw is empty. The URL must be https, or http
// with a loopback host, because it receives secrets. Errors name the field and do not
// contain a password in raw.
func parseBaseURL(field, raw, byDefault string) (*url.URL, error) {
	if raw == "" {
		raw = byDefault
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("ringcx: %s is not a URL with a host%s; an example is %s", field, shownURL(raw), byDefault)
	}
	normalize(u)
	switch {
	case hasExtraParts(u):
		return nil, fmt.Errorf("ringcx: %s must not contain a user, query or fragment%s; an example is %s", field, shownURL(raw), byDefault)
	case !isSecure(u):
		return nil, fmt.Errorf("ringcx: %s is %s: it must be https (http is allowed for loopback hosts only), because tokens are sent to it", field, u)
	}
	return u, nil
}

// maxShownURL is how much of an invalid URL an error contains, in bytes.
const maxShownURL = 100

var (
	// userOfURL matches all of a URL up to the end of the user, and secretQuery the rest
	// that may be secret.
	userOfURL   = regexp.MustCompile(`(?s)^([a-zA-Z][a-zA-Z0-9+.-]*://)?.*@`)
	secretQuery = regexp.MustCompile(`(?s)[?#].*`)
)

// shownURL returns ": it is" and an invalid URL for an error, without a user, a query and
// a fragment, which may be secrets. It returns "" for text that may be a secret which was
// put into the wrong variable: a JWT, or text without punctuation.
func shownURL(raw string) string {
	if strings.HasPrefix(raw, "eyJ") || !strings.ContainsAny(raw, ".:/") {
		return ""
	}
	raw = secretQuery.ReplaceAllString(userOfURL.ReplaceAllString(raw, "${1}***@"), "?***")
	if len(raw) > maxShownURL {
		raw = raw[:maxShownURL] + "…"
	}
	return fmt.Sprintf(": it is %q", raw)
}

// hasExtraParts reports whether u has parts that a base URL must not have.
func hasExtraParts(u *url.URL) bool {
	return u.User != nil || u.RawQuery != "" || u.Fragment != ""
}

// isSecure reports whether requests for u may contain secrets.
func isSecure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

// normalize gives equivalent base URLs the same text: a host in lower case, no default
// port, and a clean path without a trailing slash. The default Key is a hash of this
// text.
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

// isAuth reports whether u is one of RingCX's token endpoints below base. A request to
// them contains secrets in its form, and must not have a bearer token.
func isAuth(base, u *url.URL) bool {
	below, found := strings.CutPrefix(path.Clean(u.Path), base.Path)
	return found && (strings.HasPrefix(below, authPath) || below == strings.TrimSuffix(authPath, "/"))
}

// maskURL returns raw without its query and fragment, and with the path of redact.Path.
func maskURL(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	if masked := redact.Path(u); masked != u.Path {
		return u.Scheme + "://" + u.Host + masked
	}
	return raw
}

func (c Config) summary() string {
	return fmt.Sprintf("ringcx.Config{RingCentral: %T, BaseURL: %q, RenewBefore: %v, MaxReplays: %d, UserAgent: %q}",
		c.RingCentral, c.BaseURL, c.RenewBefore, c.MaxReplays, c.UserAgent)
}

// Format implements fmt.Formatter. For every verb it writes a description of c without
// its credentials.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.summary()), nil }
