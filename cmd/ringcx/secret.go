package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/mask"
)

// secret is a token or a credential. It prints as its name and the last
// characters of its value.
type secret struct{ name, value string }

// String returns the name and the end of the value, the name alone where the
// value is not told.
func (s secret) String() string {
	if s.value == "" {
		return s.name
	}
	return s.name + " " + mask.Secret(s.value)
}

// The kinds of secrets, as the demo calls them.
const (
	clientSecret     = "client id and secret"
	jwtCredential    = "JWT credential"
	ringCentralToken = "RingCentral token"
	ringCXToken      = "RingCX token"
	refreshToken     = "refresh token"
)

// members are the members of forms and JSON answers that hold secrets, in the
// order in which they are told.
var members = []struct{ member, name string }{
	{"assertion", jwtCredential},
	{"access_token", ringCentralToken},
	{"rcAccessToken", ringCentralToken},
	{"token", ringCentralToken},
	{"accessToken", ringCXToken},
	{"refresh_token", refreshToken},
	{"refreshToken", refreshToken},
}

const (
	bearerPrefix = "Bearer "
	logoutPrefix = "/api/auth/logout/"
)

// sentSecrets returns what a request carries: a bearer token, or what its form
// holds.
func sentSecrets(req *http.Request) []secret {
	var found []secret
	if value, ok := strings.CutPrefix(req.Header.Get("Authorization"), bearerPrefix); ok {
		found = append(found, secret{ringCXToken, value})
	}
	if _, _, ok := req.BasicAuth(); ok {
		found = append(found, secret{name: clientSecret})
	}
	form := formOf(req)
	for _, m := range members {
		if form.Has(m.member) {
			found = append(found, secret{m.name, form.Get(m.member)})
		}
	}
	if token, ok := strings.CutPrefix(req.URL.Path, logoutPrefix); ok {
		found = append(found, secret{refreshToken, token})
	}
	return found
}

// formOf reads a copy of the form of req.
func formOf(req *http.Request) url.Values {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, _ := io.ReadAll(body) // from memory
	form, _ := url.ParseQuery(string(text))
	return form
}

// gotSecrets returns what an answer gives.
func gotSecrets(body []byte) []secret {
	var answer map[string]any
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	var found []secret
	for _, m := range members {
		if value, ok := answer[m.member].(string); ok {
			found = append(found, secret{m.name, value})
		}
	}
	return found
}

// tailPath is path without the token that a logout carries there.
func tailPath(path string) string {
	if token, ok := strings.CutPrefix(path, logoutPrefix); ok {
		return logoutPrefix + mask.Secret(token)
	}
	return path
}
