package ringcx

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// carried are the secrets that the requests of one call of a [Client] carried, also
// before a redirect: any server on the way may have sent them back.
type carried struct {
	mu      sync.Mutex
	secrets []string
}

type carriedKey struct{}

// withCarried returns ctx with a carried that the transport adds to.
func withCarried(ctx context.Context) (context.Context, *carried) {
	k := &carried{}
	return context.WithValue(ctx, carriedKey{}, k), k
}

// addCarried adds secrets to those of the call of ctx, and returns all of them.
func addCarried(ctx context.Context, secrets []string) []string {
	k, ok := ctx.Value(carriedKey{}).(*carried)
	if !ok {
		return secrets
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.secrets = append(k.secrets, secrets...)
	return slices.Clip(k.secrets)
}

// all returns the secrets.
func (k *carried) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clip(k.secrets)
}

// guard has the errors of reading the body of resp cleaned, and lets Get and Stream
// find the secrets of its call.
func (k *carried) guard(resp *http.Response) {
	if _, upgraded := resp.Body.(io.Writer); !upgraded && resp.Body != http.NoBody {
		resp.Body = &guardedBody{resp.Body, k}
	}
}

// guardedBody is the body of a response to a call of a [Client].
type guardedBody struct {
	body    io.ReadCloser
	secrets *carried
}

func (b *guardedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && err != io.EOF {
		err = redact.Error(err, b.secrets.all()...)
	}
	return n, err
}

func (b *guardedBody) Close() error {
	err := b.body.Close()
	if err != nil {
		err = redact.Error(err, b.secrets.all()...)
	}
	return err
}

// secretsOf returns the secrets of the call that resp, which may be nil, came from.
func secretsOf(resp *http.Response) []string {
	if resp == nil {
		return nil
	}
	b, ok := resp.Body.(*guardedBody)
	if !ok {
		return nil
	}
	return b.secrets.all()
}

// responseOf returns the response in a result of a generated client, or nil.
func responseOf(result any) *http.Response {
	v := reflect.Indirect(reflect.ValueOf(result))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("HTTPResponse")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	resp, _ := field.Interface().(*http.Response)
	return resp
}

// requestSecrets returns the secrets that a token request carries in its header and
// its form.
func requestSecrets(req *http.Request) []string {
	if req == nil {
		return nil
	}
	_, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	_, password, _ := req.BasicAuth()
	return append(formSecrets(req), credentials, password)
}

// formSecrets returns the secrets in the form of req, whose body is left as it is.
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
