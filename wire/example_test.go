package wire_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// A response that does not match openapi.yaml is an error, and never an empty list.
func ExampleDecodeError() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Fault(ringcxtest.Accounts, ringcxtest.Status(200, `[{"accountId":1,"accountName":false}]`), 1)

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = ringcx.Get(client.ListAccountsWithResponse(context.Background()))
	var wrong *wire.DecodeError
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Method, wrong.Path, wrong.Field)
	}
	// Output: GET /voice/api/v1/admin/accounts accountName
}
