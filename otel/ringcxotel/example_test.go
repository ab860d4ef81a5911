package ringcxotel_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ringcx-go/ringcx-go/otel/ringcxotel"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// Each attempt of a call is a child of the program's span. In production, leave out the
// fields of ringcxotel.Config, and set the providers with otel.SetTracerProvider and
// otel.SetMeterProvider.
func Example() {
	fake := ringcxtest.New()
	defer fake.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))

	cfg := fake.Config()
	cfg.HTTPClient = &http.Client{Transport: ringcxotel.New(ringcxotel.Config{
		Base: cfg.HTTPClient.Transport, TracerProvider: provider,
	})}
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Tokens.Token(); err != nil { // sign in before the span
		log.Fatal(err)
	}
	spans.Reset()

	ctx, span := provider.Tracer("sync").Start(context.Background(), "nightly sync")
	if _, err := client.Accounts.List(ctx); err != nil {
		log.Fatal(err)
	}
	span.End()

	for _, s := range spans.GetSpans() {
		fmt.Println(s.Name)
		for _, a := range s.Attributes {
			if a.Key == ringcxotel.OperationKey || a.Key == "http.response.status_code" {
				fmt.Println("  ", a.Key, a.Value.String())
			}
		}
	}
	// Output:
	// GET /voice/api/v1/admin/accounts
	//    ringcx.operation listAccounts
	//    http.response.status_code 200
	// nightly sync
}

// Base is the transport that the Config has, here that of the fake.
func ExampleNew() {
	fake := ringcxtest.New()
	defer fake.Close()
	cfg := fake.Config()
	cfg.HTTPClient = &http.Client{Transport: ringcxotel.New(ringcxotel.Config{Base: cfg.HTTPClient.Transport})}
	client, err := ringcx.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Tokens.Token()
	fmt.Println(err)
	// Output: <nil>
}
