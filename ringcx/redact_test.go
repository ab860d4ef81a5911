package ringcx_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

// TestPrintedValuesContainNoSecret prints each value that contains secrets, after a
// sign-in, with package fmt, encoding/json and log/slog.
func TestPrintedValuesContainNoSecret(t *testing.T) {
	cfg := ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: &network{}}}
	client := newClient(t, cfg)
	if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
		t.Fatal(err)
	}
	session, err := client.Tokens.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"JWTLogin": *sentinelLogin(), "*JWTLogin": sentinelLogin(),
		"CodeLogin": *sentinelCodeLogin(), "*CodeLogin": sentinelCodeLogin(), "CodeLogin in a Config": ringcx.Config{RingCentral: sentinelCodeLogin()},
		"Config": cfg, "*Config": &cfg,
		"Client": *client, "*Client": client,
		"TokenSource": *client.Tokens, "*TokenSource": client.Tokens,
		"Session": session,
		"fields": struct {
			Login  ringcx.JWTLogin
			Code   ringcx.CodeLogin
			Config ringcx.Config
			Client *ringcx.Client
			Tokens ringcx.TokenSource
		}{*sentinelLogin(), *sentinelCodeLogin(), cfg, client, *client.Tokens},
		"slice": []any{sentinelLogin(), sentinelCodeLogin(), cfg, client, client.Tokens},
	}
	for name, v := range values {
		for format, printed := range printings(t, v) {
			if strings.Contains(printed, sentinel) {
				t.Errorf("%s printed with %s contains a secret: %s", name, format, printed)
			}
			if printed == "" {
				t.Errorf("%s printed with %s is empty", name, format)
			}
		}
	}
}

// printings returns what v looks like when a program prints it, by the way of printing.
func printings(t *testing.T, v any) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	out["JSON"] = string(encoded)
	var text, structured bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("m", "v", v)
	out["slog text"], out["slog JSON"] = text.String(), structured.String()
	return out
}

// TestErrorsContainNoSecret has each endpoint reject a request with a body that repeats
// the secrets of the request, and looks for them in the errors.
func TestErrorsContainNoSecret(t *testing.T) {
	client := newClient(t, ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return response(404, "text/plain", "Cannot DELETE "+r.URL.Path), nil
	})}})
	_, err := client.LogoutWithResponse(t.Context(), sentinel+"-refresh")
	if want := "ringcx: call: DELETE /api/auth/logout/***: 404 Cannot DELETE /api/auth/logout/***"; err == nil || err.Error() != want {
		t.Errorf("error of LogoutWithResponse is %v, want %s", err, want)
	}
	for _, path := range []string{"/restapi/oauth/token", "/api/auth/login/", "/api/auth/token/refresh", "/api/auth/logout/", "/voice/"} {
		for _, status := range []int{400, 401, 403, 409, 500, 502} {
			for _, form := range []string{"%s", `{"errorCode":"X","generalMessage":"bad token %s"}`, `{"error":"%s","error_description":"%[1]s"}`} {
				t.Run(fmt.Sprint(path, status, form), func(t *testing.T) {
					if err := sendAll(t, &network{}); err != nil { // without a rejected request
						t.Fatal(err)
					}
					rt := roundTripper(func(r *http.Request) (*http.Response, error) {
						if !strings.HasPrefix(r.URL.Path, path) {
							return (&network{}).RoundTrip(r)
						}
						return response(status, "application/json", fmt.Sprintf(form, echo(r))), nil
					})
					client := newClient(t, ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: rt}, MaxReplays: -1})
					_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
					if err == nil {
						err = refresh(t, client)
					}
					if err == nil {
						err = client.Tokens.Logout(t.Context())
					}
					if err == nil {
						t.Fatal("no request returns an error")
					}
					assertNoSecret(t, err)
				})
			}
		}
	}
}

// TestErrorsContainNoAPIToken has the server fail the requests whose path or header contains
// an API token, with responses that repeat it.
func TestErrorsContainNoAPIToken(t *testing.T) {
	const token = wire.Secret(sentinel + "/api token")
	calls := map[string]func(*ringcx.Client) error{
		"Delete": func(c *ringcx.Client) error { return c.APITokens.Delete(t.Context(), token) },
		"Validate": func(c *ringcx.Client) error {
			_, err := c.Logins.ValidateToken(t.Context(), gen.ValidateTokenParams{XAuthToken: token})
			return err
		},
		"Do": func(c *ringcx.Client) error {
			req := must(http.NewRequestWithContext(t.Context(), http.MethodDelete, "/voice/api/v1/admin/token/"+url.PathEscape(string(token)), nil))
			_, err := c.Do(req)
			return err
		},
	}
	failures := map[string]func(r *http.Request) (*http.Response, error){
		"network": func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("lost %s", r.URL.Path) },
		"false":   func(*http.Request) (*http.Response, error) { return response(200, "application/json", "false"), nil },
		"HTML": func(r *http.Request) (*http.Response, error) {
			return response(200, "text/html", "<p>"+r.URL.Path+r.Header.Get("X-Auth-Token")), nil
		},
	}
	for _, status := range []int{201, 307, 403, 404, 500} {
		failures[fmt.Sprint(status)] = func(r *http.Request) (*http.Response, error) {
			return response(status, "application/json", fmt.Sprintf(`{"generalMessage":%q}`, r.URL.Path+" "+r.Header.Get("X-Auth-Token"))), nil
		}
	}
	for name, call := range calls {
		for failure, fail := range failures {
			t.Run(name+" "+failure, func(t *testing.T) {
				rt := roundTripper(func(r *http.Request) (*http.Response, error) {
					if strings.HasPrefix(r.URL.Path, "/voice/") {
						return fail(r)
					}
					return (&network{}).RoundTrip(r)
				})
				client := newClient(t, ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: rt}, MaxReplays: -1})
				err := call(client)
				if err == nil {
					mayPass := name == "Validate" && failure == "false" || name == "Do" && slices.Contains([]string{"false", "HTML", "201", "307"}, failure)
					if !mayPass {
						t.Error("the call returned no error")
					}
					return
				}
				assertNoSecret(t, err)
			})
		}
	}
}

// refresh sends a refresh with the generated method of client and returns its error.
func refresh(t *testing.T, client *ringcx.Client) error {
	_, err := client.RefreshTokenWithFormdataBodyWithResponse(t.Context(), gen.TokenRefresh{RefreshToken: sentinel + "-refresh"})
	return err
}

// echo returns the secrets of a request in each form in which a server may repeat them.
func echo(r *http.Request) string {
	_ = r.ParseForm()
	parts := []string{r.Header.Get("Authorization"), r.URL.Path, r.PostForm.Encode()}
	for _, values := range r.PostForm {
		parts = append(parts, values...)
	}
	if id, secret, ok := r.BasicAuth(); ok {
		parts = append(parts, id, secret)
	}
	return strings.Join(parts, " ")
}

// assertNoSecret checks that neither err nor an error that it wraps prints the sentinel.
func assertNoSecret(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		if all := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(all, sentinel) {
			t.Errorf("%T contains a secret: %s", err, all)
		}
	}
}

// fields has the types that contain secrets as XML elements.
type fields struct {
	Login  ringcx.JWTLogin
	Code   ringcx.CodeLogin
	Config ringcx.Config
	Client *ringcx.Client
	Tokens ringcx.TokenSource
}

// attributes has them as XML attributes.
type attributes struct {
	Login  ringcx.JWTLogin `xml:",attr"`
	Config *ringcx.Config  `xml:",attr"`
}

// TestXMLContainsNoSecret marshals every type that contains secrets, by itself and as a
// field, after a sign-in.
func TestXMLContainsNoSecret(t *testing.T) {
	cfg := ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: &network{}}}
	client := newClient(t, cfg)
	if _, err := client.Tokens.Token(); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"JWTLogin": *sentinelLogin(), "*JWTLogin": sentinelLogin(),
		"CodeLogin": *sentinelCodeLogin(), "*CodeLogin": sentinelCodeLogin(), "CodeLogin in a Config": ringcx.Config{RingCentral: sentinelCodeLogin()},
		"Config": cfg, "*Config": &cfg,
		"Client": *client, "*Client": client,
		"TokenSource": *client.Tokens, "*TokenSource": client.Tokens,
		"fields":     fields{*sentinelLogin(), *sentinelCodeLogin(), cfg, client, *client.Tokens},
		"attributes": attributes{*sentinelLogin(), &cfg},
	}
	for name, v := range values {
		got, err := xml.Marshal(v)
		if err != nil || strings.Contains(string(got), sentinel) || !strings.Contains(string(got), "ringcx.") {
			t.Errorf("XML of %s is %s (error %v), want the name of its type and no secret", name, got, err)
		}
	}
}

// TestErrorContainsNeitherToken has a server reject a call with an expired token, and
// the second try with a response that contains the first token.
func TestErrorContainsNeitherToken(t *testing.T) {
	tokens, calls, first := 0, 0, ""
	client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/auth/") {
			tokens++
			return response(200, "application/json", fmt.Sprintf(`{"accessToken":"%s%d","refreshToken":"r%d"}`, sentinel, tokens, tokens)), nil
		}
		if calls++; calls == 1 {
			first = r.Header.Get("Authorization")
			return response(401, "text/plain", "Jwt is expired"), nil
		}
		return response(403, "text/plain", first), nil
	})}})
	_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
	assertNoSecret(t, err)
	if want := "ringcx: call: GET /voice/api/v1/admin/accounts: 403 Bearer ***"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// TestErrorPathIsPrintable has a redirect lead to a path with control characters, which
// the error must not print.
func TestErrorPathIsPrintable(t *testing.T) {
	client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: respondWith(func(r *http.Request) *http.Response {
		if strings.HasSuffix(r.URL.Path, "/accounts") {
			resp := response(302, "text/plain", "")
			resp.Header.Set("Location", "/a%0Aringcx:%20forged%C2%9B%E2%80%AE")
			return resp
		}
		return response(404, "text/plain", "no")
	})})
	_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
	if want := "ringcx: call: GET /a\ufffdringcx: forged\ufffd\ufffd: 404 no"; err == nil || err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
}

// TestErrorWithTimeoutContainsNoSecret sets the Timeout of the http.Client, with which
// that wraps the bodies of responses. The error must not contain the token all the same.
func TestErrorWithTimeoutContainsNoSecret(t *testing.T) {
	cfg := ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Timeout: 1e10, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/voice/") {
			return response(200, "text/plain", "you sent "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")), nil
		}
		return (&network{}).RoundTrip(r)
	})}}
	_, err := ringcx.Get(newClient(t, cfg).ListAccountsWithResponse(t.Context()))
	const want = `ringcx: call: GET /voice/api/v1/admin/accounts: the response does not match openapi.yaml: status 200: "text/plain": the body is not JSON: you sent ***`
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// TestErrorsContainNoAuthorization has RingCentral return the Authorization header of a
// sign-in, which contains the client secret in Base64.
func TestErrorsContainNoAuthorization(t *testing.T) {
	login := sentinelLogin()
	sent := ""
	login.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		sent = strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
		return response(400, "text/plain", "cannot read "+r.Header.Get("Authorization")), nil
	})}
	_, err := login.Token()
	var e *ringcx.Error
	if !errors.As(err, &e) || sent == "" || strings.Contains(e.Message, sent) || strings.Contains(err.Error(), sent) {
		t.Errorf("error is %v, want one without %q", err, sent)
	}
}

// TestNetworkErrorShowsNoQuery has the connection of a call fail. The error contains the
// method, the host and the path, but no query and no fragment.
func TestNetworkErrorShowsNoQuery(t *testing.T) {
	client := newClient(t, ringcx.Config{MaxReplays: -1, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/auth/login/") {
			return (&network{}).RoundTrip(r)
		}
		return nil, errors.New("connection lost")
	})}})
	for _, query := range []string{"?password=" + sentinel, "?a=%zz" + sentinel, "#" + sentinel} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ringcx.DefaultBaseURL+"/voice/x"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(req)
		const want = `ringcx: call: no response: Get "https://engage.ringcentral.com/voice/x": connection lost`
		if err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
		assertNoSecret(t, err)
	}
}
