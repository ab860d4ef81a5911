// Accounts prints the accounts of a user. The test of package fullspec measures the size of
// this program.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

func main() {
	client, err := ringcx.New(ringcx.Config{RingCentral: &ringcx.JWTLogin{
		ClientID: os.Getenv("RC_CLIENT_ID"), ClientSecret: os.Getenv("RC_CLIENT_SECRET"), JWT: os.Getenv("RC_JWT"),
	}})
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
}
