package ringcx

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Get returns the JSON of a generated …WithResponse method, or its error:
//
//	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
//
// An answer without content (204) gives the zero T. An answer of status 200 that
// is not JSON is an [*Error] with Code "bad_answer"; JSON that does not fit T is
// an error that names the member.
func Get[T any](r interface{ GetJSON200() *T }, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, decodeError(err)
	}
	if body := r.GetJSON200(); body != nil {
		return *body, nil
	}
	if created, ok := r.(interface{ GetJSON201() *T }); ok {
		if body := created.GetJSON201(); body != nil {
			return *body, nil
		}
	}
	answer, ok := r.(interface {
		StatusCode() int
		GetBody() []byte
	})
	if !ok || answer.StatusCode() == http.StatusNoContent {
		return zero, nil
	}
	return zero, &Error{
		Stage: StageCall, StatusCode: answer.StatusCode(), Code: codeBadAnswer,
		Message: "the answer is not JSON: " + tidy(scrubber(secretsOf(responseOf(r))).Replace(string(answer.GetBody()))),
	}
}

// decodeError says of an error of encoding/json what failed.
func decodeError(err error) error {
	err = cleanError(err)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	if isType || isSyntax {
		return fmt.Errorf("ringcx: call: the answer is not as openapi.yaml says: %w", err)
	}
	return err
}
