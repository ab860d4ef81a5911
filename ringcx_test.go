// Contract tests: openapi.yaml itself, the generated types against its
// examples, and the client and the fake against its operations.
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

// TestSpec validates openapi.yaml with its examples.
func TestSpec(t *testing.T) {
	err := load(t).Validate(t.Context(), openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		t.Error(err)
	}
}

// goTypes are the Go types of the schemas.
var goTypes = map[string]any{
	"APIError": gen.APIError{}, "Account": gen.Account{}, "AgentType": gen.AgentType(""), "Contact": gen.Contact{},
	"Flag": wire.Flag(false), "ID": wire.ID(""), "MainAccount": gen.MainAccount{}, "PIN": wire.Secret(""),
	"PathID": wire.PathID(""), "RCAccountAccess": gen.RCAccountAccess(""), "RecordingAccessMode": gen.RecordingAccessMode(""),
	"RegionalSettings": gen.RegionalSettings{}, "Role": wire.Role{}, "Session": gen.Session{},
	"SessionAgent": gen.SessionAgent{}, "Time": wire.Time{}, "TokenExchange": gen.TokenExchange{},
	"TokenRefresh": gen.TokenRefresh{}, "TokenType": gen.TokenType(""), "User": gen.User{},
	"ValidationError": gen.ValidationError{}, "WFMType": gen.WFMType(""),
}

// TestExamples decodes every example of the spec into its Go type. What is
// encoded again is what was there, in the form that this library writes.
func TestExamples(t *testing.T) {
	doc := load(t)
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		t.Run(name, func(t *testing.T) {
			typ, ok := goTypes[name]
			if !ok {
				t.Fatalf("openapi.yaml has a new schema: add its Go type to this test")
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
				for status, answer := range op.Responses.Map() {
					for ctype, media := range answer.Value.Content {
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

// typeOf is the Go type of a component, or of an array of one.
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
	member := map[reflect.Type]string{reflect.TypeFor[wire.Flag](): "isActive", reflect.TypeFor[wire.Role](): "roles"}[typ]
	if diff := cmp.Diff(normal(member, in), normal(member, out)); diff != "" {
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

// normal is a JSON value in the form that this library writes: without what is
// null or empty, ids as text, roles as objects; and times as milliseconds.
func normal(member string, v any) any {
	switch v := v.(type) {
	case []byte:
		var decoded any
		d := json.NewDecoder(bytes.NewReader(v))
		d.UseNumber()
		if err := d.Decode(&decoded); err != nil {
			return err
		}
		return normal(member, decoded)
	case map[string]any:
		if _, isTime := v["millis"]; isTime {
			return normal(member, v["millis"])
		}
		object := map[string]any{}
		for k, e := range v {
			if n := normal(k, e); n != nil && n != "" && !reflect.DeepEqual(n, []any{}) {
				object[strings.ToLower(k)] = n
			}
		}
		return object
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, normal(member, e))
		}
		return list
	case json.Number:
		return normal(member, v.String())
	case string:
		return normalText(member, v)
	}
	return v
}

func normalText(member, text string) any {
	var at wire.Time
	switch {
	case text == "null":
		return nil
	case member == "roles":
		return map[string]any{"roletype": text}
	case member == "isActive":
		return text != "0"
	case json.Unmarshal([]byte(`"`+text+`"`), &at) == nil && !at.IsZero():
		return fmt.Sprint(at.UnixMilli())
	}
	return text
}

// result is what every generated …WithResponse method returns.
type result interface{ StatusCode() int }

// calls has a call of each operation.
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

// TestOperations calls each operation of openapi.yaml, once so that it succeeds
// and once so that it is refused. The fake checks every exchange against
// openapi.yaml and fails the test where either side breaks it.
func TestOperations(t *testing.T) {
	for _, item := range load(t).Paths.Map() {
		for _, op := range item.Operations() {
			t.Run(op.OperationID, func(t *testing.T) {
				call, ok := calls[op.OperationID]
				if !ok {
					t.Fatal("the operation is new: add a call of it to this test")
				}
				fake := ringcxtest.NewServer(t)
				client, plain, rc, refresh := signIn(t, fake)
				good, err := call(t.Context(), client.ClientWithResponses, rc, refresh)
				if err != nil || good.StatusCode() >= 300 {
					t.Errorf("good call: %v, %v", good, err)
				}
				refused, err := call(t.Context(), plain, "wrong", "wrong")
				if err != nil || refused.StatusCode() < 400 || refused.StatusCode() > 404 {
					t.Errorf("refused call: %v, %v", refused, err)
				}
				_, err = call(t.Context(), client.ClientWithResponses, "wrong", "wrong")
				if code := statusOf(err); op.Security != nil && code != refused.StatusCode() {
					t.Errorf("refused call: %v, want an *Error of status %d", err, refused.StatusCode())
				}
			})
		}
	}
}

// signIn returns a Client, a generated client without tokens, and a RingCentral
// and a refresh token that nobody has used yet.
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
