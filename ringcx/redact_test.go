package ringcx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
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
		"Config": cfg, "*Config": &cfg,
		"Client": *client, "*Client": client,
		"TokenSource": *client.Tokens, "*TokenSource": client.Tokens,
		"Session": session,
		"fields": struct {
			Login  ringcx.JWTLogin
			Config ringcx.Config
			Client *ringcx.Client
			Tokens ringcx.TokenSource
		}{*sentinelLogin(), cfg, client, *client.Tokens},
		"slice": []any{sentinelLogin(), cfg, client, client.Tokens},
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
						t.Fatal("no error")
					}
					assertNoSecret(t, err)
				})
			}
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
