package ringcx

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// TestErrorFieldsHoldNoSecret expects no token in an Error whose response and path contain
// it.
func TestErrorFieldsHoldNoSecret(t *testing.T) {
	const token = "opaque-token-0123456789"
	req := httptest.NewRequest(http.MethodPost, "https://ringcx.test/back/"+token+"/x", nil)
	body := fmt.Sprintf(`{"errorCode":%q,"generalMessage":%[1]q,"validationErrors":[{"attributeName":%[1]q,"message":%[1]q}]}`, token)
	e := newError(StageCall, req, &http.Response{StatusCode: http.StatusBadRequest}, []byte(body), token)
	if len(e.Validation) != 1 || e.Path != "/back/"+redact.Mask+"/x" {
		t.Errorf("Path is %q and Validation is %v", e.Path, e.Validation)
	}
	if text := fmt.Sprintf("%+v %v", *e, e); strings.Contains(text, token) {
		t.Errorf("the Error contains the token: %s", text)
	}
}

// noResult is the result of a generated method that failed.
type noResult struct{}

func (noResult) GetJSON200() *string { return nil }

// TestGetRedactsErrors passes an error to Get that contains what looks like a token.
func TestGetRedactsErrors(t *testing.T) {
	const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
	_, err := Get[string](noResult{}, fmt.Errorf("invalid value %q", token))
	if err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("error is %v, want one without the token", err)
	}
}

// TestOwnErrorsAreNotRedacted expects the errors of this package unchanged, and so of
// the same type, if they contain no secret.
func TestOwnErrorsAreNotRedacted(t *testing.T) {
	for _, err := range []error{&Error{Message: "m"}, storeError{"write", "m", &io.EOF}} {
		if got := redact.Error(err, "s3ntinel"); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}
