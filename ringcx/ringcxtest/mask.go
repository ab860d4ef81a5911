package ringcxtest

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/mask"
)

// entry returns c for the log. The Server's mutex is held.
func (c *call) entry() LogEntry {
	e := LogEntry{
		Time: c.began, Took: time.Since(c.began), Endpoint: c.endpoint,
		Method: c.r.Method, Host: c.r.Host,
		Authorization: maskAuthorization(c.r.Header.Get("Authorization")),
		Form:          c.maskFields(c.form), Status: c.w.status, Size: c.w.size,
	}
	e.URL = c.maskedURL().RequestURI()
	if c.script != nil {
		e.Fault = c.script.name
	}
	return e
}

// safeURL returns the address of c without secrets.
func (c *call) safeURL() *url.URL {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.maskedURL()
}

// safeName returns the name of a parameter, masked where it is a secret.
func (c *call) safeName(name string) string {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.server.sessions.isSecret(name) {
		return mask.Secret(name)
	}
	return name
}

// maskedURL returns the address of c without secrets. The Server's mutex is
// held.
func (c *call) maskedURL() *url.URL {
	u := &url.URL{Path: c.r.URL.Path, RawQuery: c.r.URL.RawQuery}
	token := c.r.PathValue("refreshToken")
	switch {
	case operations()[c.endpoint] == nil:
		u.Path = c.maskSegments(u.Path)
	case token != "":
		u.Path = strings.TrimSuffix(u.Path, token) + mask.Secret(token)
	}
	if u.RawQuery != "" {
		u.RawQuery = c.maskFields(u.Query()).Encode()
	}
	return u
}

// maskSegments masks the parts of a path that are secrets of the fake.
func (c *call) maskSegments(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if c.server.sessions.isSecret(s) {
			segments[i] = mask.Secret(s)
		}
	}
	return strings.Join(segments, "/")
}

// maskFields masks the secrets of a form or a query. The Server's mutex is held.
func (c *call) maskFields(form url.Values) url.Values {
	if form == nil {
		return nil
	}
	masked := make(url.Values, len(form))
	for name, values := range form {
		secret := slices.Contains(secretFields, name)
		for _, v := range values {
			if secret || c.server.sessions.isSecret(v) {
				v = mask.Secret(v)
			}
			masked.Add(name, v)
		}
	}
	return masked
}

// maskAuthorization masks the value of the header.
func maskAuthorization(value string) string {
	scheme, credentials, ok := strings.Cut(value, " ")
	if !ok {
		return strings.Repeat("…", min(len(value), 1))
	}
	if strings.EqualFold(scheme, "Basic") {
		if data, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			id, _, _ := strings.Cut(string(data), ":")
			return scheme + " " + id + ":…"
		}
	}
	return scheme + " " + mask.Secret(credentials)
}
