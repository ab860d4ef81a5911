package ringcx_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// This example makes a do-not-call list, and puts a number on it. The load of leads compares
// its leads with the lists that it names in gen.LeadLoadRequest.DNCTags.
func Example_doNotCall() {
	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	fake.Set("/voice/api/v1/admin/accounts/333333/dncLists", []gen.DNCEntry{})
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	tag, err := client.DNCTags.Create(ctx, "333333", gen.DNCTag{DNCTagLabel: new("Unsubscribed")})
	if err != nil {
		log.Fatal(err)
	}
	entry := gen.DNCEntryRequest{Phone: "2125550100", CountryID: new("USA"), DNCTagID: tag.DNCTagID}
	if _, err := client.DNC.Create(ctx, "333333", entry); err != nil {
		log.Fatal(err)
	}
	for entry, err := range client.DNC.All(ctx, "333333") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(wire.Value(entry.Tag), entry.Phone)
	}
	// Output: Unsubscribed 2125550100
}
