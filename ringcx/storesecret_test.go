package ringcx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// loudError is the error of a loudStore. It contains records, and it is not comparable.
type loudError struct{ data []byte }

func (e loudError) Error() string { return fmt.Sprintf("cannot replace %s", e.data) }

// loudStore is a Store whose writes can fail, with an error that contains the current
// record and the one that was to be written.
type loudStore struct {
	*spyStore
	fails bool
}

func (s *loudStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if s.fails {
		now, _, _ := s.spyStore.Load(ctx, key)
		return "", loudError{append(now, data...)}
	}
	return s.spyStore.CompareAndSwap(ctx, key, version, data)
}

// TestStoreErrorsContainNoToken uses a Store whose errors contain records, before and
// after a refresh. The errors of events must contain no token.
func TestStoreErrorsContainNoToken(t *testing.T) {
	for _, stage := range []ringcx.Stage{ringcx.StageExchange, ringcx.StageRefresh} {
		t.Run(string(stage), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				loud := &loudStore{spyStore: store}
				var events []error
				cfg := fake.Config()
				cfg.Store = loud
				cfg.OnEvent = func(e ringcx.Event) {
					if events = append(events, e.Err); e.Stage == stage {
						loud.fails = true
					}
				}
				ts := newTokenSource(t, cfg)
				access := must(ts.Token()).AccessToken
				synctest.Wait()
				data, _, _ := store.Load(t.Context(), store.keys[0])
				time.Sleep(226 * time.Second)
				must(ts.Token())
				synctest.Wait()
				ts.Close()
				wantNoSecret(t, events, append(secretsOf(t, data), access))
			})
		})
	}
}

// secretsOf returns the tokens of a record.
func secretsOf(t *testing.T, data []byte) []string {
	t.Helper()
	var r struct{ Access, Refresh, RC string }
	if err := json.Unmarshal(data, &r); err != nil || r.RC == "" {
		t.Fatalf("the record is %s (%v)", data, err)
	}
	secrets := []string{r.RC}
	for _, s := range []string{r.Access, r.Refresh} {
		if s != "" { // empty before the first exchange
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// wantNoSecret asserts that no text of the errors contains a secret, that secrets were
// masked, and that the error of the Store is still in the chain.
func wantNoSecret(t *testing.T, events []error, secrets []string) {
	t.Helper()
	masked := 0
	for _, err := range events {
		if loud := (loudError{}); err != nil && !errors.As(err, &loud) {
			t.Errorf("errors.As does not find the error of the Store in: %v", err)
		}
		if err != nil && !errors.Is(err, err) {
			t.Errorf("errors.Is(err, err) is false for: %v", err)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			masked += strings.Count(err.Error(), "***")
			text := fmt.Sprintf("%v %+v %#v %s %q %x %d", err, err, err, err, err, err, err)
			for _, secret := range secrets {
				for _, form := range []string{secret, fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]")} {
					if strings.Contains(text, form) {
						t.Errorf("the secret %s is in the error: %s", secret, text)
					}
				}
			}
		}
	}
	if masked == 0 {
		t.Errorf("no secret was masked in %q", events)
	}
}

// TestRecordContainsOnlyNeededSecrets makes an exchange return every kind of secret. Of
// these, the record must contain only the access token and the refresh token.
func TestRecordContainsOnlyNeededSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(200, `{
			"accessToken": "secret-1", "RefreshToken": "secret-2", "loginHashcode": "secret-3", "rcAccessToken": "secret-4", "rcRefreshToken": "secret-5",
			"mainAccountId": 9223372036854775807, "agentDetails": [{"agentId": 12, "password": "secret-6", "phoneLoginPin": "secret-7"}]}`), 1)
		must(process().Token())
		synctest.Wait()
		data, _, _ := store.Load(t.Context(), store.keys[0])
		var r struct {
			Access, Refresh string
			Session         json.RawMessage
		}
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		want := [3]string{"secret-1", "secret-2", `{"agentDetails":[{"agentId":12}],"mainAccountId":9223372036854775807}`}
		if diff := cmp.Diff(want, [3]string{r.Access, r.Refresh, string(r.Session)}); diff != "" {
			t.Errorf("access, refresh, session (-want +got):\n%s", diff)
		}
	})
}

// TestStoreErrorsContainNoRefreshToken uses a Store that cannot write the record with a
// new refresh token. Its error contains that record; the errors of events must not.
func TestStoreErrorsContainNoRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		loud := &loudStore{spyStore: store}
		cfg := fake.Config()
		seen := &refreshTokens{base: cfg.HTTPClient.Transport}
		cfg.HTTPClient = &http.Client{Transport: seen}
		cfg.Store = loud
		var events []error
		cfg.OnEvent = func(e ringcx.Event) {
			events = append(events, e.Err)
			loud.fails = loud.fails || e.Stage == ringcx.StageExchange
		}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(time.Minute)
		synctest.Wait()
		failed := 0
		for _, err := range events {
			if err == nil {
				continue
			}
			failed++
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); len(seen.tokens) != 1 || strings.Contains(text, seen.tokens[0]) {
				t.Errorf("want exactly one refresh token, which is not in the error; the tokens are %q, the error is %s", seen.tokens, text)
			}
		}
		if failed == 0 {
			t.Error("no write failed")
		}
		loud.fails = false
	})
}

// refreshTokens is an http.RoundTripper that records the refresh tokens of responses.
type refreshTokens struct {
	base   http.RoundTripper
	tokens []string
}

// RoundTrip implements http.RoundTripper.
func (s *refreshTokens) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var tokens struct{ RefreshToken string }
	if json.Unmarshal(body, &tokens) == nil && tokens.RefreshToken != "" {
		s.tokens = append(s.tokens, tokens.RefreshToken)
	}
	return resp, err
}
