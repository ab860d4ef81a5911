package redact

import (
	"net/http"
	"net/url"
	"strings"
)

// Path returns the path of u, in which a secret and what follows it are masked. See
// [CutPath].
func Path(u *url.URL) string {
	before, secret := CutPath(u.Path)
	if secret == "" {
		return before
	}
	return before + Mask
}

// CutPath returns the part of path before its secret parameter, such as the refresh token of
// a logout, and the rest, which is empty if openapi.yaml marks no such parameter with
// x-secret. The path may be escaped, and begin with the path of a base URL.
func CutPath(path string) (before, secret string) {
	for _, start := range secretPaths {
		if i := strings.Index(path, start); i >= 0 {
			i += len(start)
			return path[:i], path[i:]
		}
	}
	return path, ""
}

// RequestSecrets returns the secrets in the path and in the headers of req that openapi.yaml
// marks with x-secret.
func RequestSecrets(req *http.Request) (secrets []string) {
	if _, secret := CutPath(req.URL.Path); secret != "" {
		secrets = append(secrets, secret)
	}
	for _, name := range secretHeaders {
		secrets = append(secrets, req.Header.Values(name)...)
	}
	return secrets
}
