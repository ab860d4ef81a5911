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

// loudError is what a loudStore says of a write. It cannot be compared.
type loudError struct{ data []byte }

func (e loudError) Error() string { return fmt.Sprintf("cannot replace %s", e.data) }

// loudStore puts what it has and what it cannot write into its error, where it was
// told to fail.
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

// TestStoreTellsNoSecret has a Store that puts records into its error: before a
// refresh, and after one.
func TestStoreTellsNoSecret(t *testing.T) {
	for _, stage := range []ringcx.Stage{ringcx.StageExchange, ringcx.StageRefresh} {
		t.Run(string(stage), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				loud := &loudStore{spyStore: store}
				var told []error
				cfg := fake.Config()
				cfg.Store = loud
				cfg.OnEvent = func(e ringcx.Event) {
					if told = append(told, e.Err); e.Stage == stage {
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
				wantNoSecret(t, told, append(secretsOf(t, data), access))
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
		if s != "" { // as long as nothing was bought
			secrets = append(secrets, s)
		}
	}
	return secrets
}

func wantNoSecret(t *testing.T, told []error, secrets []string) {
	t.Helper()
	masked := 0
	for _, err := range told {
		if loud := (loudError{}); err != nil && !errors.As(err, &loud) {
			t.Errorf("the Store's own error is not to be had of: %v", err)
		}
		if err != nil && !errors.Is(err, err) {
			t.Errorf("it is not itself: %v", err)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			masked += strings.Count(err.Error(), "***")
			text := fmt.Sprintf("%v %+v %#v %s %q %x %d", err, err, err, err, err, err, err)
			for _, secret := range secrets {
				for _, form := range []string{secret, fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]")} {
					if strings.Contains(text, form) {
						t.Errorf("told %s, with a secret: %s", secret, text)
					}
				}
			}
		}
	}
	if masked == 0 {
		t.Errorf("nothing was masked in %q", told)
	}
}

// TestRecordHoldsNoNeedlessSecret has RingCX tell all the secrets that it knows of.
func TestRecordHoldsNoNeedlessSecret(t *testing.T) {
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

// TestStoreErrorsHoldNoRefreshToken has a Store put the record that it cannot write
// into its error: the one with a new refresh token.
func TestStoreErrorsHoldNoRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		loud := &loudStore{spyStore: store}
		cfg := fake.Config()
		var tokens []string
		base := cfg.HTTPClient.Transport
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := base.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			resp.Body = io.NopCloser(bytes.NewReader(body))
			var pair struct{ RefreshToken string }
			if json.Unmarshal(body, &pair) == nil && pair.RefreshToken != "" {
				tokens = append(tokens, pair.RefreshToken)
			}
			return resp, err
		})}
		cfg.Store = loud
		var told []error
		cfg.OnEvent = func(e ringcx.Event) {
			told = append(told, e.Err)
			loud.fails = loud.fails || e.Stage == ringcx.StageExchange
		}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(time.Minute)
		synctest.Wait()
		failed := 0
		for _, err := range told {
			if err == nil {
				continue
			}
			failed++
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); len(tokens) != 1 || strings.Contains(text, tokens[0]) {
				t.Errorf("one of the refresh tokens %q is in %s", tokens, text)
			}
		}
		if failed == 0 {
			t.Error("no write failed")
		}
		loud.fails = false
	})
}
