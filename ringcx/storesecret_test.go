package ringcx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
