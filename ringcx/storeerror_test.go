package ringcx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

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
