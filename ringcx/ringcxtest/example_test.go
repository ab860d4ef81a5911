package ringcxtest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/storetest"
)

// The client refreshes an expired token without an error for its caller. In a test, use
// NewServer(t) instead of New.
func Example() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetUsers(gen.User{UserID: 2181, UserName: "john.wang@example.com"})

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		users, err := client.Users.List(context.Background(), nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(users[0].UserID, users[0].UserName)
		fake.ExpireTokens()
	}
	counts := fake.Counts()
	fmt.Println(counts.Logins, "sign-in,", counts.Exchanges, "exchange,", counts.Refreshes, "refresh")
	// Output:
	// 2181 john.wang@example.com
	// 2181 john.wang@example.com
	// 1 sign-in, 1 exchange, 1 refresh
}

// The connection is cut after a refresh has used its refresh token. The client must not send
// the token again, so it exchanges the RingCentral token instead.
func ExampleServer_Fault() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Fault(ringcxtest.Refresh, ringcxtest.DropAnswer, 1)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		if _, err := client.Accounts.List(context.Background()); err != nil {
			log.Fatal(err)
		}
		fake.ExpireTokens()
	}
	counts := fake.Counts()
	fmt.Println(counts.Refreshes, "refresh,", counts.Exchanges, "exchanges,", counts.RefreshReused, "tokens sent twice")
	// Output: 1 refresh, 2 exchanges, 0 tokens sent twice
}

// The log shows each request with its status and fault.
func ExampleServer_Log() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Fault(ringcxtest.Accounts, ringcxtest.Slow(time.Millisecond), 1)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Accounts.List(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, entry := range fake.Log() {
		fmt.Printf("%s %d %q\n", entry.Endpoint, entry.Status, entry.Fault)
	}
	// Output:
	// login 200 ""
	// exchangeToken 200 ""
	// listAccounts 200 "slow 1ms"
}

// LoopbackConfig connects over TCP. Both services have the same base URL, so a program in
// another language can use it too.
func ExampleServer_LoopbackConfig() {
	fake := ringcxtest.New()
	defer fake.Close()

	client, err := ringcx.New(fake.LoopbackConfig())
	if err != nil {
		log.Fatal(err)
	}
	accounts, err := client.Accounts.List(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range accounts {
		fmt.Println(a.AccountID, a.AccountName)
	}
	// Output:
	// 333333 RingForce
	// 99990001 Example Sub-Account
}

// Users are generated while the client reads the response.
func ExampleServer_GenerateUsers() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.GenerateUsers(100_000)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	flat := &gen.ListUsersParams{Flatten: new(true)}
	for user, err := range client.Users.All(context.Background(), flat) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(user.UserID, user.UserName)
		break // the remaining users are not generated
	}
	// Output: 1001 user1001@example.com
}

// A program whose user signed in with a browser refreshes the RingCentral tokens with
// x/oauth2. RingCentral accepts each refresh token once.
func ExampleServer_SignIn() {
	fake := ringcxtest.New()
	defer fake.Close()
	app := oauth2.Config{
		ClientID: ringcxtest.PublicClientID, // an app without a secret
		Endpoint: oauth2.Endpoint{
			TokenURL:  fake.LoopbackConfig().BaseURL + "/restapi/oauth/token",
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
	first := fake.SignIn()
	first.Expiry = time.Now() // as if an hour had passed
	second, err := app.TokenSource(context.Background(), first).Token()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("new refresh token:", second.RefreshToken != first.RefreshToken)
	fmt.Println(fake.Counts().Logins, "sign-ins,", fake.Counts().LoginRefreshes, "refresh")
	// Output:
	// new refresh token: true
	// 0 sign-ins, 1 refresh
}

// Two processes share the session of a user who signed in with a browser. In a program, Save
// and Load use a file or a database, and Store is one that both processes can reach.
func ExampleServer_CodeConfig() {
	fake := ringcxtest.New()
	defer fake.Close()
	var stored *oauth2.Token
	save := func(token *oauth2.Token) error { stored = token; return nil }
	load := func() (*oauth2.Token, error) { return stored, nil }

	store := storetest.NewMemory()
	for range 2 {
		cfg := fake.CodeConfig(save, load)
		cfg.Store, cfg.Key = store, "user 1"
		client, err := ringcx.New(cfg)
		if err != nil {
			log.Fatal(err)
		}
		accounts, err := client.Accounts.List(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(accounts) > 0, fake.Counts().Exchanges, "exchange")
	}
	// Output:
	// true 1 exchange
	// true 1 exchange
}

// An app that is not configured for refresh tokens gets none.
func ExampleServer_SetLoginLifetimes() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetLoginLifetimes(10*time.Minute, 0)

	token := fake.SignIn()
	fmt.Printf("%d s, refresh token %q\n", token.ExpiresIn, token.RefreshToken)
	// Output: 600 s, refresh token ""
}

// Dial groups of a test, and one that the program creates.
func ExampleServer_Set() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Set("/voice/api/v1/admin/accounts/7/dialGroups", []gen.DialGroup{
		{DialGroupID: new(int64(1)), DialGroupName: "Day"},
	})

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := client.DialGroups.Create(ctx, "7", gen.DialGroup{DialGroupName: "Night"}); err != nil {
		log.Fatal(err)
	}
	groups, err := client.DialGroups.List(ctx, "7", nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		fmt.Println(*g.DialGroupID, g.DialGroupName)
	}
	// Output:
	// 1 Day
	// 100001 Night
}

// What a program has changed.
func ExampleServer_Get() {
	fake := ringcxtest.New()
	defer fake.Close()
	const path = "/voice/api/v1/admin/accounts/333333/gateGroups/6001/gates/6101/dispositions"
	fake.Set(path, []gen.QueueDisposition{})

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.QueueDispositions.Create(context.Background(), "333333", 6001, 6101, gen.QueueDisposition{Disposition: new("Resolved")}); err != nil {
		log.Fatal(err)
	}
	var dispositions []gen.QueueDisposition
	fake.Get(path, &dispositions)
	fmt.Println(len(dispositions), *dispositions[0].Disposition)
	// Output: 1 Resolved
}

// JSON that RingCX sent, with a field that openapi.yaml does not have.
func ExampleServer_SetJSON() {
	fake := ringcxtest.New()
	defer fake.Close()
	err := fake.SetJSON("/voice/api/v1/admin/accounts/333333/dialGroups", []byte(`[{"dialGroupId": 1, "dialGroupName": "Day", "color": "red"}]`))
	if err != nil {
		log.Fatal(err)
	}
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	response, err := client.ListDialGroupsWithResponse(context.Background(), "333333", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", response.Body)
	// Output: [{"dialGroupId": 1, "dialGroupName": "Day", "color": "red"}]
}

// A user who may read dial groups, but not create them.
func ExampleServer_SetPermissions() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetPermissions("READ Account", "READ DialGroup")

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.DialGroups.Create(context.Background(), "333333", gen.DialGroup{DialGroupName: "Night"})
	fmt.Println(errors.Is(err, ringcx.ErrForbidden))
	// Output: true
}

// An account without dial groups, although the fake has an example.
func ExampleServer_Respond() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Respond("listDialGroups", http.StatusOK, []gen.DialGroup{})

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	groups, err := client.DialGroups.List(context.Background(), "333333", nil)
	fmt.Println(groups, err)
	// Output: [] <nil>
}

// The data of a client that was generated from another specification, or of a file.
func ExampleServer_SetUsersJSON() {
	fake := ringcxtest.New()
	defer fake.Close()
	if err := fake.SetUsersJSON([]byte(`[{"userId": 7, "userName": "kim@example.com", "newField": 1}]`)); err != nil {
		log.Fatal(err)
	}

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	users, err := client.Users.List(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(users[0].UserID, users[0].UserName)
	// Output: 7 kim@example.com
}

// An account with a field that gen.Account does not have.
func ExampleServer_SetAccountsJSON() {
	fake := ringcxtest.New()
	defer fake.Close()
	if err := fake.SetAccountsJSON([]byte(`[{"accountId": "7", "accountName": "Sales", "newField": 1}]`)); err != nil {
		log.Fatal(err)
	}

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	accounts, err := client.Accounts.List(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(accounts[0].AccountID, accounts[0].AccountName)
	// Output: 7 Sales
}

// A program that reads its endpoints from a file reports an invalid one.
func ExampleServer_TryHandle() {
	fake := ringcxtest.New()
	defer fake.Close()
	err := fake.TryHandle("GET /voice/api/v1/admin/users", http.NotFoundHandler())
	fmt.Println(err)
	// Output: openapi.yaml already defines it: it is the endpoint "listUsers"
}

// A request log while a program runs, with warnings.
func ExampleServer_OnRequest() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.OnRequest(func(e ringcxtest.LogEntry) { fmt.Println(e.Method, e.Endpoint, e.Status, e.Warning) })

	resp, err := http.Post(fake.URL()+"/api/auth/token/refresh?refresh_token=x", "", nil)
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	fake.Close() // waits for the request
	// Output: POST refreshToken 401 refresh_token is in the query, which servers log: send it in the form
}
