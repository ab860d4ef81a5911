package ringcxtest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/api"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
	textType = "text/plain; charset=utf-8"
)

// isForm reports whether a body with this header is a form.
func isForm(h http.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return kind == formType
}

// answerJSON answers with v.
func (c *call) answerJSON(status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic("ringcxtest: " + err.Error())
	}
	c.answer(status, jsonType, string(data))
}

// answer answers with body.
func (c *call) answer(status int, contentType, body string) {
	c.w.Header().Set("Content-Type", contentType)
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, body)
}

// answerError answers as RingCX does where it refuses in JSON.
func (c *call) answerError(status int, code, message string) {
	c.answerJSON(status, c.apiError(code, message))
}

func (c *call) apiError(code, message string) gen.APIError {
	now := time.Now().UnixMilli()
	e := gen.APIError{ErrorCode: &code, GeneralMessage: &message, Timestamp: &now}
	if c.endpoint != Logout { // its address holds a secret
		e.RequestURI = &c.r.URL.Path
	}
	return e
}

// answerOAuth answers as RingCentral does where it refuses.
func (c *call) answerOAuth(status int, kind, code, message string) {
	type reason struct {
		ErrorCode string `json:"errorCode"`
		Message   string `json:"message"`
	}
	c.answerJSON(status, struct {
		Error       string   `json:"error"`
		Description string   `json:"error_description"`
		Errors      []reason `json:"errors"`
	}{kind, message, []reason{{code, message}}})
}

// answerTime answers a client that wants to know what time it is: the Date says so.
func answerTime(_ http.ResponseWriter, r *http.Request) {
	callOf(r).answerError(http.StatusNotFound, "not.found", "Not found")
}

// answerUnknown answers where openapi.yaml has no operation.
func answerUnknown(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	c.breach("%s %s: openapi.yaml has no such operation", r.Method, c.safeURL().Path)
	c.answerError(http.StatusNotFound, "not.found", "Not found")
}

// answerBadParameter answers where the generated code cannot read a parameter.
func answerBadParameter(_ http.ResponseWriter, r *http.Request, err error) {
	c := callOf(r)
	e := c.apiError("validation.exception", "The request is not valid")
	message := "is not of the right form"
	var format *api.InvalidParamFormatError
	if errors.As(err, &format) {
		e.ValidationErrors = []gen.ValidationError{{AttributeName: &format.ParamName, Message: &message}}
	}
	c.answerJSON(http.StatusBadRequest, e)
}
