// Accountspage prints the accounts of a user as a page of HTML. The test of package fullspec
// measures the size of this program: with html/template, the linker keeps all exported
// methods of the types that are in interfaces.
package main

import (
	"context"
	"html/template"
	"log"
	"os"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

var page = template.Must(template.New("").Parse("<ul>{{range .}}<li>{{.AccountID}} {{.AccountName}}{{end}}</ul>\n"))

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
	if err := page.Execute(os.Stdout, accounts); err != nil {
		log.Fatal(err)
	}
}
