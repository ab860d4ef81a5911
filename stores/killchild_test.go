package stores_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/ringcx/sqlstore"
)

// killChild gets tokens and makes calls until the process is killed.
func killChild(t *testing.T, config string) {
	args := strings.Split(config, " ")
	_ = mysql.SetLogger(&mysql.NopLogger{})
	store, err := killStore(t, args[0], args[1])
	if err != nil {
		t.Fatal(err)
	}
	client, err := ringcx.New(ringcx.Config{
		BaseURL:     args[2],
		RingCentral: &ringcx.JWTLogin{ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret, JWT: ringcxtest.JWT, BaseURL: args[2]},
		Store:       store,
		UserAgent:   "slot-" + args[3],
	})
	if err != nil {
		t.Fatal(err)
	}
	var validUntil time.Time
	for range time.Tick(250 * time.Millisecond) {
		validUntil = useToken(client, validUntil)
	}
}

// killStore returns a Store by its name. The table exists, but the server may be stopped.
func killStore(t *testing.T, name, url string) (ringcx.Store, error) {
	switch name {
	case "PostgreSQL":
		return sqlstore.New(open(t, "pgx", url), sqlstore.PostgreSQL, table)
	case "LeaseStore":
		return sqlstore.NewLeaseStore(open(t, "pgx", url), table)
	case "MariaDB":
		return sqlstore.New(open(t, "mysql", url), sqlstore.MariaDB, table)
	}
	return goRedis(goRedisClient(t, url)), nil
}

// useToken gets a token, makes a call, and prints a line with the result. It returns until
// when the token is valid. A caller with a valid token must not wait, so its context has
// ended.
func useToken(client *ringcx.Client, validUntil time.Time) time.Time {
	if time.Now().Add(time.Second).Before(validUntil) {
		ended, end := context.WithCancel(context.Background())
		end()
		if _, err := client.Tokens.TokenContext(ended); err != nil {
			fmt.Println("violation with a valid token:", oneLine(err))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), killPatience)
	defer cancel()
	start := time.Now()
	token, err := client.Tokens.TokenContext(ctx)
	if took := time.Since(start); took > killPatience+10*time.Second {
		fmt.Println("violation after", took, "of", killPatience, err)
	}
	if err != nil {
		fmt.Println("error", oneLine(err))
		return validUntil
	}
	if _, err := ringcx.Get(client.ListAccountsWithResponse(context.Background())); err != nil {
		fmt.Println("violation of a call with a token:", oneLine(err))
	}
	fmt.Println("ok")
	return token.Expiry
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " ") }
