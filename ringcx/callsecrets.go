package ringcx

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// callSecrets are the secrets that the requests of one call of a [Client] carried,
// including those before a redirect. Any server on the way may return them in an error.
type callSecrets struct {
	basePath string // of Config.BaseURL, before the path of an operation

	mu      sync.Mutex
	secrets []string
}

type callSecretsKey struct{}

// withCallSecrets returns a context with an empty callSecrets, to which the transport
// adds.
func withCallSecrets(ctx context.Context) (context.Context, *callSecrets) {
	s := &callSecrets{}
	return context.WithValue(ctx, callSecretsKey{}, s), s
}

// addCallSecrets adds secrets to the callSecrets of ctx and returns all of these. If
// ctx has none, it returns secrets.
func addCallSecrets(ctx context.Context, secrets []string) []string {
	s, ok := ctx.Value(callSecretsKey{}).(*callSecrets)
	if !ok {
		return secrets
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secrets...)
	return slices.Clip(s.secrets)
}

// Secrets returns the secrets. It implements decode.Call.
func (s *callSecrets) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clip(s.secrets)
}

// BasePath returns the path of Config.BaseURL. It implements decode.Call.
func (s *callSecrets) BasePath() string { return s.basePath }

// requestSecrets returns the secrets in the Authorization header and in the form of a
// token request.
func requestSecrets(req *http.Request) []string {
	if req == nil {
		return nil
	}
	_, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	_, password, _ := req.BasicAuth()
	return append(formSecrets(req), credentials, password)
}

// formSecrets returns the values in the form of req that may be secret. It reads a copy
// of the body.
func formSecrets(req *http.Request) []string {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	form, _ := io.ReadAll(io.LimitReader(body, maxErrorBody))
	values, _ := url.ParseQuery(string(form))
	for _, name := range []string{"grant_type", "scope", "client_id", "redirect_uri", "rcTokenType", "token_type_hint"} {
		values.Del(name)
	}
	return slices.Concat(slices.Collect(maps.Values(values))...)
}
