package ringcx_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestNewRejects checks the errors for invalid configurations.
func TestNewRejects(t *testing.T) {
	login := func(change func(*ringcx.JWTLogin)) ringcx.Config {
		l := sentinelLogin()
		change(l)
		return ringcx.Config{RingCentral: l}
	}
	var none *ringcx.JWTLogin
	tests := []struct {
		name string
		cfg  ringcx.Config
		want string // part of the error
	}{
		{"no source", ringcx.Config{}, "Config.RingCentral is required"},
		{"nil JWTLogin", ringcx.Config{RingCentral: none}, "Config.RingCentral is required"},
		{"no client id", login(func(l *ringcx.JWTLogin) { l.ClientID = "" }), "JWTLogin.ClientID is empty"},
		{"no client secret", login(func(l *ringcx.JWTLogin) { l.ClientSecret = "" }), "JWTLogin.ClientSecret is empty"},
		{"no JWT", login(func(l *ringcx.JWTLogin) { l.JWT = "" }), "JWTLogin.JWT is empty"},
		{"RingCentral over http", login(func(l *ringcx.JWTLogin) { l.BaseURL = "http://rc.example" }), "JWTLogin.BaseURL is http://rc.example: it must be https"},
		{"RingCX over http", ringcx.Config{RingCentral: staticLogin, BaseURL: "http://cx.example"}, "Config.BaseURL is http://cx.example: it must be https"},
		{"http to a name that looks like loopback", ringcx.Config{RingCentral: staticLogin, BaseURL: "http://localhost.example"}, "must be https"},
		{"another scheme", ringcx.Config{RingCentral: staticLogin, BaseURL: "ftp://cx.example"}, "must be https"},
		{"no scheme", ringcx.Config{RingCentral: staticLogin, BaseURL: "cx.example"}, "Config.BaseURL is not a URL with a host"},
		{"no URL", ringcx.Config{RingCentral: staticLogin, BaseURL: "https://%zz"}, "Config.BaseURL is not a URL with a host"},
		{"user in the URL", ringcx.Config{RingCentral: staticLogin, BaseURL: "https://u:" + sentinel + "@cx.example"}, "must not contain a user"},
		{"query", ringcx.Config{RingCentral: staticLogin, BaseURL: "https://cx.example?token=" + sentinel}, "must not contain a user, query"},
		{"user agent of two lines", ringcx.Config{RingCentral: staticLogin, UserAgent: "a\nb"}, "Config.UserAgent"},
		{"negative RenewBefore", ringcx.Config{RingCentral: staticLogin, RenewBefore: -time.Second}, "Config.RenewBefore is -1s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ringcx.New(tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q in it", err, tt.want)
			}
			assertNoSecret(t, err)
		})
	}
}

// TestNewAccepts checks valid base URLs.
func TestNewAccepts(t *testing.T) {
	for _, base := range []string{
		"", ringcx.DefaultBaseURL, ringcx.CurrentBaseURL, ringcx.CurrentBaseURL + "/",
		"http://localhost:8080", "http://127.0.0.1", "http://[::1]:9", "https://proxy.example/ringcx/",
	} {
		if _, err := ringcx.New(ringcx.Config{RingCentral: staticLogin, BaseURL: base}); err != nil {
			t.Errorf("BaseURL %q: %v", base, err)
		}
	}
}

// TestNewCopiesTheLogin changes the JWTLogin after New.
func TestNewCopiesTheLogin(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	client := newClient(t, cfg)
	*cfg.RingCentral.(*ringcx.JWTLogin) = ringcx.JWTLogin{}
	if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
		t.Error(err)
	}
}

// TestNewCopiesTheHTTPClient changes the http.Client after NewTokenSource. It also checks
// that token requests do not use its Jar.
func TestNewCopiesTheHTTPClient(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	cfg.HTTPClient.Jar = unusedJar{t}
	tokens := newTokenSource(t, cfg)
	cfg.HTTPClient.Transport = nil
	if _, err := tokens.Token(); err != nil {
		t.Error(err)
	}
}

// unusedJar is a cookie jar that fails the test when it is used.
type unusedJar struct{ t *testing.T }

func (j unusedJar) SetCookies(u *url.URL, _ []*http.Cookie) {
	j.t.Errorf("SetCookies(%s) is called", u)
}

func (j unusedJar) Cookies(u *url.URL) []*http.Cookie {
	j.t.Errorf("Cookies(%s) is called", u)
	return nil
}

// TestConfigFromEnv reads all variables, then all but one of the required ones, and then
// base URLs that are not valid.
func TestConfigFromEnv(t *testing.T) {
	all := map[string]string{
		"RC_CLIENT_ID": "id", "RC_CLIENT_SECRET": "secret\n", "RC_JWT": " jwt ",
		"RINGCENTRAL_BASE_URL": "https://rc.example", "RINGCX_BASE_URL": "https://cx.example",
	}
	for name, value := range all {
		t.Setenv(name, value)
	}
	cfg, err := ringcx.ConfigFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	login := cfg.RingCentral.(*ringcx.JWTLogin)
	got := []string{login.ClientID, login.ClientSecret, login.JWT, login.BaseURL, cfg.BaseURL}
	if diff := cmp.Diff([]string{"id", "secret", "jwt", "https://rc.example", "https://cx.example"}, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	for _, name := range []string{"RC_CLIENT_ID", "RC_CLIENT_SECRET", "RC_JWT"} {
		t.Run("without "+name, func(t *testing.T) {
			t.Setenv(name, "")
			_, err := ringcx.ConfigFromEnv()
			if err == nil || !strings.Contains(err.Error(), name+" is not set") || !strings.Contains(err.Error(), "developer console") {
				t.Errorf("error is %v, want one that says that %s is not set", err, name)
			}
		})
	}
	for name, value := range map[string]string{
		"RC_CLIENT_ID": `"id"`, "RC_CLIENT_SECRET": ` 'secret' `, "RC_JWT": `"jwt"`, "RINGCENTRAL_BASE_URL": `"https://rc.example"`, "RINGCX_BASE_URL": `'https://cx.example'`,
	} {
		t.Run("quoted "+name, func(t *testing.T) {
			t.Setenv(name, value)
			_, err := ringcx.ConfigFromEnv()
			want := "ringcx: the value of " + name + " is in quotation marks, which are a part of it: remove them"
			if err == nil || err.Error() != want {
				t.Errorf("error is %v, want %q", err, want)
			}
		})
	}
	for _, name := range []string{"RINGCENTRAL_BASE_URL", "RINGCX_BASE_URL"} {
		t.Run("invalid "+name, func(t *testing.T) {
			t.Setenv(name, "http://cx.example")
			_, err := ringcx.ConfigFromEnv()
			if want := "ringcx: " + name + " is http://cx.example: it must be https"; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error is %v, want one that begins with %q", err, want)
			}
		})
	}
}
