package ringcx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// A program reads its credentials from the environment and creates one Client, which its
// goroutines share.
func Example() {
	cfg, err := ringcx.ConfigFromEnv() // RC_CLIENT_ID, RC_CLIENT_SECRET, RC_JWT
	if err != nil {
		log.Fatal(err)
	}
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	accounts, err := client.Accounts.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range accounts {
		fmt.Println(a.AccountID, a.AccountName)
	}
}

// The records in the Store are encrypted. A process with another key gets an error, and
// overwrites nothing.
func ExampleSeal() {
	ctx := context.Background()
	database := storetest.NewMemory()                 // in production: a Store of sqlstore or redisstore
	key := []byte("32 random bytes, from a secret..") // in production: random bytes
	store, err := ringcx.Seal(database, key)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.CompareAndSwap(ctx, "session", "", []byte("a token")); err != nil {
		log.Fatal(err)
	}
	sealed, _, err := database.Load(ctx, "session")
	fmt.Println(bytes.Contains(sealed, []byte("token")), err)

	other, err := ringcx.Seal(database, []byte("another key, which has 32 bytes."))
	if err != nil {
		log.Fatal(err)
	}
	_, _, err = other.Load(ctx, "session")
	fmt.Println(err)
	// Output:
	// false <nil>
	// ringcx: Seal: record "session": it was sealed with another key: pass that key to Seal as an older key
}

func ExampleNew() {
	fake := ringcxtest.New() // in production: Config{RingCentral: &ringcx.JWTLogin{…}}
	defer fake.Close()

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	session, err := client.Tokens.Session(context.Background()) // signs in
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range session.AgentDetails {
		fmt.Println("sub-account", agent.AccountID, "agent", agent.AgentID)
	}
	// Output: sub-account 333333 agent 111111
}

func ExampleGet() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetAccounts(gen.Account{AccountID: "333333", AccountName: "RingForce"})

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	accounts, err := ringcx.Get(client.ListAccountsWithResponse(context.Background()))
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range accounts {
		fmt.Println(a.AccountID, a.AccountName)
	}
	// Output: 333333 RingForce
}

// This example reads 10,000 users. They are decoded while they arrive.
func ExampleClient_services() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.GenerateUsers(10_000)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	users := 0
	for _, err := range client.Users.All(context.Background(), &gen.ListUsersParams{Flatten: new(true)}) {
		if err != nil {
			log.Fatal(err)
		}
		users++
	}
	fmt.Println(users, "users")
	// Output: 10000 users
}

// This example reads 10,000 users. Only one of them is in memory at a time.
func ExampleStream() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.GenerateUsers(10_000)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	flat := true
	users := 0
	for _, err := range ringcx.Stream[gen.User](client.ListUsers(context.Background(), &gen.ListUsersParams{Flatten: &flat})) {
		if err != nil {
			log.Fatal(err)
		}
		users++
	}
	fmt.Println(users, "users")
	// Output: 10000 users
}

// This example reads a list that the server sends in pages of at most two elements.
func ExamplePages() {
	fake := ringcxtest.New()
	defer fake.Close()
	campaigns := []string{`{"name":"Spring"}`, `{"name":"Summer"}`, `{"name":"Autumn"}`}
	fake.Handle("GET /voice/api/v1/admin/accounts/333333/campaigns", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		rows := campaigns[min(2*page, len(campaigns)):min(2*page+2, len(campaigns))]
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, "[%s]", strings.Join(rows, ","))
	}))
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}

	type campaign struct{ Name string }
	fetch := func(ctx context.Context, page int) (list []campaign, err error) {
		path := fmt.Sprintf("/voice/api/v1/admin/accounts/333333/campaigns?page=%d&maxRows=100", page)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		if err != nil {
			return nil, err
		}
		for c, err := range ringcx.Stream[campaign](client.Do(req)) {
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, nil
	}
	for c, err := range ringcx.Pages(context.Background(), 0, fetch) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.Name)
	}
	// Output:
	// Spring
	// Summer
	// Autumn
}

// Transport adds the bearer token to the requests of any http.Client.
func ExampleTokenSource_Transport() {
	fake := ringcxtest.New()
	defer fake.Close()
	cfg := fake.Config()

	tokens, err := ringcx.NewTokenSource(cfg)
	if err != nil {
		log.Fatal(err)
	}
	client := http.Client{Transport: tokens.Transport(nil), Timeout: 30 * time.Second}
	resp, err := client.Get(cfg.BaseURL + "/voice/api/v1/admin/accounts")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

// A rejected request returns an *Error. errors.Is reports common statuses.
func ExampleError() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Fault(ringcxtest.Accounts, ringcxtest.Refuse, 1)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Accounts.List(context.Background())
	if errors.Is(err, ringcx.ErrForbidden) {
		fmt.Println("the user has no permission")
	}
	var rejected *ringcx.Error
	if errors.As(err, &rejected) {
		fmt.Println(rejected.Stage, rejected.StatusCode, rejected.Code)
	}
	// Output:
	// the user has no permission
	// call 403 access.denied.exception
}

// withoutTimes returns a logger whose lines do not contain the times, which differ each time.
func withoutTimes() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "took" {
			return slog.Attr{}
		}
		return a
	}}))
}

// OnCall and OnEvent write each attempt of a call, and each step of the session, to a log.
// The log contains no secret. In production, use slog.Default.
func ExampleConfig_logging() {
	fake := ringcxtest.New()
	defer fake.Close()
	logger := withoutTimes()

	cfg := fake.Config()
	cfg.OnCall = func(c ringcx.Call) { logger.Info("ringcx", "call", c) }
	cfg.OnEvent = func(e ringcx.Event) { logger.Info("ringcx", "event", e) }
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		if _, err := client.Accounts.List(context.Background()); err != nil {
			log.Fatal(err)
		}
		fake.ExpireTokens()
	}
	// Output:
	// level=INFO msg=ringcx event.stage=login
	// level=INFO msg=ringcx event.stage=exchange
	// level=INFO msg=ringcx call.operation=listAccounts call.method=GET call.path=/voice/api/v1/admin/accounts call.attempt=1 call.status=200
	// level=INFO msg=ringcx call.operation=listAccounts call.method=GET call.path=/voice/api/v1/admin/accounts call.attempt=1 call.status=401 call.retry=true
	// level=INFO msg=ringcx event.stage=refresh
	// level=INFO msg=ringcx call.operation=listAccounts call.method=GET call.path=/voice/api/v1/admin/accounts call.attempt=2 call.status=200
}

// OnCall counts the attempts by operation and status. A map with these keys stays small:
// a Call contains the template of the path, not its values.
func ExampleCall() {
	fake := ringcxtest.New()
	defer fake.Close()

	cfg := fake.Config()
	attempts := map[string]int{} // with concurrent calls, protect it with a mutex
	cfg.OnCall = func(c ringcx.Call) { attempts[fmt.Sprint(c.Operation, " ", c.StatusCode)]++ }
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if _, err := client.Accounts.List(context.Background()); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(attempts)
	// Output: map[listAccounts 200:3]
}

func ExampleCall_LogValue() {
	c := ringcx.Call{Operation: "listUsers", Method: "GET", PathTemplate: "/voice/api/v1/admin/users", Attempt: 1, StatusCode: 429, Retry: true, Wait: 7 * time.Second}
	withoutTimes().Warn("will be sent again", "call", c)
	// Output: level=WARN msg="will be sent again" call.operation=listUsers call.method=GET call.path=/voice/api/v1/admin/users call.attempt=1 call.status=429 call.retry=true call.wait=7s
}

func ExampleEvent_LogValue() {
	e := ringcx.Event{Stage: ringcx.StageRefresh, Err: errors.New("ringcx: refresh: no response")}
	withoutTimes().Error("ringcx", "event", e)
	// Output: level=ERROR msg=ringcx event.stage=refresh event.err="ringcx: refresh: no response"
}

// naming is a RoundTripper that knows the operation of each call that it sends.
type naming struct{ base http.RoundTripper }

func (n naming) RoundTrip(r *http.Request) (*http.Response, error) {
	if c, ok := ringcx.CallFromContext(r.Context()); ok {
		fmt.Printf("attempt %d of %s: %s %s\n", c.Attempt, c.Operation, c.Method, c.PathTemplate)
	}
	return n.base.RoundTrip(r)
}

// A RoundTripper below the Client, for example for metrics, finds the operation in the
// context of the request. Requests for tokens have no Call.
func ExampleCallFromContext() {
	fake := ringcxtest.New()
	defer fake.Close()

	cfg := fake.Config()
	cfg.HTTPClient = &http.Client{Transport: naming{cfg.HTTPClient.Transport}}
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Accounts.List(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: attempt 1 of listAccounts: GET /voice/api/v1/admin/accounts
}

// A health check wants to know at once whether RingCX responds. The other calls of the
// Client are still sent again.
func ExampleWithoutRetry() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Fault(ringcxtest.Accounts, ringcxtest.Status(503, "maintenance"), 1)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := ringcx.WithoutRetry(context.Background())
	_, err = client.Accounts.List(ctx)
	fmt.Println(err)
	// Output: ringcx: call: GET /voice/api/v1/admin/accounts: 503 maintenance
}

// Do sends requests that openapi.yaml does not have. The URL is relative to Config.BaseURL.
func ExampleClient_Do() {
	fake := ringcxtest.New()
	defer fake.Close()

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/voice/api/v1/admin/users?flatten=true", nil)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

// A client that was generated from another specification sends its requests with the
// token, the retries and the errors of this package.
func ExampleClient_BaseURL() {
	fake := ringcxtest.New()
	defer fake.Close()

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	other, err := gen.NewClient(client.BaseURL(), gen.WithHTTPClient(client)) // here: the same one
	if err != nil {
		log.Fatal(err)
	}
	resp, err := other.ListAccounts(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

func ExampleTokenSource_BaseURL() {
	tokens, err := ringcx.NewTokenSource(ringcx.Config{
		RingCentral: &ringcx.JWTLogin{ClientID: "id", ClientSecret: "secret", JWT: "jwt"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tokens.BaseURL())
	// Output: https://engage.ringcentral.com
}

// The headers of the response help RingCentral's support to find the request.
func ExampleError_header() {
	err := error(&ringcx.Error{Stage: ringcx.StageCall, StatusCode: 500, Header: http.Header{"Rcrequestid": {"0af7651916cd"}}})

	if e, ok := errors.AsType[*ringcx.Error](err); ok {
		fmt.Println(e.StatusCode, "request id", e.Header.Get("RCRequestId"))
	}
	// Output: 500 request id 0af7651916cd
}
