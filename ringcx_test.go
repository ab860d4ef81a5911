// The contract tests validate openapi.yaml, decode its examples into the generated
// types, and check the client and the fake against its operations.
package ringcx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSpec validates openapi.yaml and its examples.
func TestSpec(t *testing.T) {
	err := load(t).Validate(t.Context(), openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		t.Error(err)
	}
}

// goTypes contains the Go type of each schema.
var goTypes = map[string]any{
	"APIError": gen.APIError{}, "Account": gen.Account{}, "AgentType": gen.AgentType(""), "Contact": gen.Contact{},
	"Flag": wire.Flag(false), "ID": wire.ID(""), "MainAccount": gen.MainAccount{}, "PIN": wire.Secret(""),
	"PathID": wire.PathID(""), "RCAccountAccess": gen.RCAccountAccess(""), "RecordingAccessMode": gen.RecordingAccessMode(""),
	"RegionalSettings": gen.RegionalSettings{}, "Role": wire.Role{}, "Session": gen.Session{},
	"SessionAgent": gen.SessionAgent{}, "Time": wire.Time{}, "TokenExchange": gen.TokenExchange{},
	"TokenRefresh": gen.TokenRefresh{}, "TokenType": gen.TokenType(""), "User": gen.User{},
	"ValidationError": gen.ValidationError{}, "WFMType": gen.WFMType(""),
}

// TestExamples decodes each example of openapi.yaml into its Go type and encodes the
// result again. Both must be equal after normalization.
func TestExamples(t *testing.T) {
	doc := load(t)
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		t.Run(name, func(t *testing.T) {
			typ, ok := goTypes[name]
			if !ok {
				t.Fatalf("the schema %s has no Go type in this test: add it to goTypes", name)
			}
			schema := doc.Components.Schemas[name].Value
			if len(schema.Examples) == 0 {
				t.Error("the schema has no example")
			}
			for _, example := range schema.Examples {
				roundTrip(t, reflect.TypeOf(typ), example)
			}
		})
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			t.Run(method+" "+path, func(t *testing.T) {
				for status, response := range op.Responses.Map() {
					for ctype, media := range response.Value.Content {
						for name, example := range media.Examples {
							if typ := typeOf(media.Schema); typ != nil {
								t.Run(fmt.Sprint(status, ctype, name), func(t *testing.T) { roundTrip(t, typ, example.Value.Value) })
							}
						}
					}
				}
			})
		}
	}
}

// typeOf returns the Go type of a schema of components, or of an array of such a
// schema. For other schemas it returns nil.
func typeOf(schema *openapi3.SchemaRef) reflect.Type {
	if items := schema.Value.Items; items != nil {
		return reflect.SliceOf(typeOf(items))
	}
	name := schema.Ref[strings.LastIndex(schema.Ref, "/")+1:]
	if v, ok := goTypes[name]; ok {
		return reflect.TypeOf(v)
	}
	return nil
}

func roundTrip(t *testing.T, typ reflect.Type, example any) {
	t.Helper()
	in := encode(t, example)
	v := reflect.New(typ)
	if err := json.Unmarshal(in, v.Interface()); err != nil {
		t.Fatalf("%s: %v", in, err)
	}
	out := encode(t, v.Interface())
	field := map[reflect.Type]string{reflect.TypeFor[wire.Flag](): "isActive", reflect.TypeFor[wire.Role](): "roles"}[typ]
	if diff := cmp.Diff(normalize(field, in), normalize(field, out)); diff != "" {
		t.Errorf("%v (-example +encoded):\n%s", typ, diff)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// normalize converts the JSON value of a field so that values can be compared: it omits
// null and empty values, and converts numbers to strings, roles to objects and times to
// milliseconds.
func normalize(field string, v any) any {
	switch v := v.(type) {
	case []byte:
		var decoded any
		d := json.NewDecoder(bytes.NewReader(v))
		d.UseNumber()
		if err := d.Decode(&decoded); err != nil {
			return err
		}
		return normalize(field, decoded)
	case map[string]any:
		return normalizeObject(field, v)
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, normalize(field, e))
		}
		return list
	case json.Number:
		return normalize(field, v.String())
	case string:
		return normalizeText(field, v)
	}
	return v
}

func normalizeObject(field string, object map[string]any) any {
	if millis, isTime := object["millis"]; isTime {
		return normalize(field, millis)
	}
	normalized := map[string]any{}
	for k, v := range object {
		n := normalize(k, v)
		isEmpty := n == nil || n == "" || reflect.DeepEqual(n, []any{})
		if !isEmpty {
			normalized[strings.ToLower(k)] = n
		}
	}
	return normalized
}

func normalizeText(field, text string) any {
	var at wire.Time
	switch {
	case text == "null":
		return nil
	case field == "roles":
		return map[string]any{"roletype": text}
	case field == "isActive":
		return text != "0"
	case json.Unmarshal([]byte(`"`+text+`"`), &at) == nil && !at.IsZero():
		return fmt.Sprint(at.UnixMilli())
	}
	return text
}

// result is the interface of the results of the generated …WithResponse methods.
type result interface{ StatusCode() int }

// calls contains a call of each operation.
var calls = map[string]func(ctx context.Context, c *gen.ClientWithResponses, rc, refresh string) (result, error){
	"exchangeToken": func(ctx context.Context, c *gen.ClientWithResponses, rc, _ string) (result, error) {
		return c.ExchangeTokenWithFormdataBodyWithResponse(ctx, &gen.ExchangeTokenParams{IncludeRefresh: ptr(true)},
			gen.TokenExchange{RCAccessToken: rc, RCTokenType: gen.TokenTypeBearer})
	},
	"refreshToken": func(ctx context.Context, c *gen.ClientWithResponses, _, refresh string) (result, error) {
		return c.RefreshTokenWithFormdataBodyWithResponse(ctx, gen.TokenRefresh{RefreshToken: refresh})
	},
	"logout": func(ctx context.Context, c *gen.ClientWithResponses, _, refresh string) (result, error) {
		return c.LogoutWithResponse(ctx, wire.PathID(refresh))
	},
	"listAccounts": func(ctx context.Context, c *gen.ClientWithResponses, _, _ string) (result, error) {
		return c.ListAccountsWithResponse(ctx)
	},
	"listUsers": func(ctx context.Context, c *gen.ClientWithResponses, _, _ string) (result, error) {
		return c.ListUsersWithResponse(ctx, &gen.ListUsersParams{ActiveOnly: ptr(true), Flatten: ptr(true)})
	},
}

func ptr[T any](v T) *T { return &v }

// TestOperations calls each operation of openapi.yaml with and without valid tokens.
// The fake checks all requests and responses against openapi.yaml and fails the test if
// one violates it.
func TestOperations(t *testing.T) {
	for _, item := range load(t).Paths.Map() {
		for _, op := range item.Operations() {
			t.Run(op.OperationID, func(t *testing.T) {
				call, ok := calls[op.OperationID]
				if !ok {
					t.Fatal("the operation has no call in this test: add one to calls")
				}
				fake := ringcxtest.NewServer(t)
				client, plain, rc, refresh := signIn(t, fake)
				valid, err := call(t.Context(), client.ClientWithResponses, rc, refresh)
				if err != nil || valid.StatusCode() >= 300 {
					t.Errorf("call with valid tokens: %v, %v; want a status below 300", valid, err)
				}
				rejected, err := call(t.Context(), plain, "wrong", "wrong")
				if err != nil || rejected.StatusCode() < 400 || rejected.StatusCode() > 404 {
					t.Errorf("call with wrong tokens: %v, %v; want a status from 400 to 404", rejected, err)
				}
				_, err = call(t.Context(), client.ClientWithResponses, "wrong", "wrong")
				if code := statusOf(err); op.Security != nil && code != rejected.StatusCode() {
					t.Errorf("call of the Client with wrong tokens: %v, want an *Error with status %d", err, rejected.StatusCode())
				}
			})
		}
	}
}

// signIn returns a Client, a generated client that adds no bearer token, and an unused
// RingCentral token and refresh token.
func signIn(t *testing.T, fake *ringcxtest.Server) (client *ringcx.Client, plain *gen.ClientWithResponses, rc, refresh string) {
	t.Helper()
	cfg := fake.Config()
	client, err := ringcx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	plain, err = gen.NewClientWithResponses(cfg.BaseURL, gen.WithHTTPClient(cfg.HTTPClient))
	if err != nil {
		t.Fatal(err)
	}
	login := cfg.RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = cfg.HTTPClient
	token, err := login.Token()
	if err != nil {
		t.Fatal(err)
	}
	session, err := ringcx.Get(plain.ExchangeTokenWithFormdataBodyWithResponse(t.Context(),
		&gen.ExchangeTokenParams{IncludeRefresh: ptr(true)}, gen.TokenExchange{RCAccessToken: token.AccessToken, RCTokenType: gen.TokenTypeBearer}))
	if err != nil {
		t.Fatal(err)
	}
	return client, plain, token.AccessToken, string(*session.RefreshToken)
}

func statusOf(err error) int {
	var e *ringcx.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.StatusCode
}
