package ringcx_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// This example lists what was deleted in a quarter of an hour. A search finds a change five
// minutes after it was made, so the time ends earlier.
func Example_auditLogs() {
	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	end := time.Now().Add(-5 * time.Minute)
	fake.SetAuditLogs(gen.AuditLog{
		ID: "a-1", AccountID: new(wire.ID("333333")), CreateTime: new(end.Add(-time.Minute).UnixMilli()),
		ActionType: new(gen.AuditActionDelete), AuditedEntityDescription: "Billing",
		AuthUser: &gen.AuditLogUser{FirstName: new("Kim"), LastName: new("Lee")},
	})
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	search := gen.NewAuditLogSearch("333333", end.Add(-15*time.Minute), end)
	search.AuditActions = []gen.AuditAction{gen.AuditActionDelete}
	changes, err := client.AuditLogs.Search(context.Background(), search)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range changes {
		fmt.Println(wire.Value(c.AuthUser.FirstName), "deleted", c.AuditedEntityDescription)
	}
	// Output: Kim deleted Billing
}
