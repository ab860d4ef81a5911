package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
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
	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range accounts {
		fmt.Println(a.AccountID, a.AccountName)
	}
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
	_, err = ringcx.Get(client.ListAccountsWithResponse(context.Background()))
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
