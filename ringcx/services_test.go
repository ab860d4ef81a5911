package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// TestServicesAreVisible checks that no other field or method of a Client hides a service.
func TestServicesAreVisible(t *testing.T) {
	client := reflect.TypeFor[ringcx.Client]()
	for service := range reflect.TypeFor[gen.Services]().Fields() {
		field, ok := client.FieldByName(service.Name)
		if !ok || field.Type != service.Type {
			t.Errorf("client.%s is not the service", service.Name)
		}
		for _, other := range []reflect.Type{reflect.PointerTo(client), reflect.TypeFor[*gen.ClientWithResponses]()} {
			if _, exists := other.MethodByName(service.Name); exists {
				t.Errorf("the method %s of %s and the service have one name", service.Name, other)
			}
		}
	}
}

// TestServices calls a method and an iterator of the services of a Client.
func TestServices(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	account := gen.Account{AccountID: "333333", AccountName: "RingForce"}
	fake.SetAccounts(account)
	fake.GenerateUsers(3)
	client := newClient(t, fake.Config())

	accounts, err := client.Accounts.List(t.Context())
	if diff := cmp.Diff([]gen.Account{account}, accounts); err != nil || diff != "" {
		t.Errorf("accounts: error %v (-want +got):\n%s", err, diff)
	}
	users := 0
	for user, err := range client.Users.All(t.Context(), &gen.ListUsersParams{Flatten: new(true)}) {
		if users++; err != nil || user.UserID == 0 {
			t.Errorf("user %d, error %v", user.UserID, err)
		}
	}
	if users != 3 {
		t.Errorf("%d users, want 3", users)
	}
}

// serviceCalls are the ways in which a service reads a list.
var serviceCalls = []struct {
	name string
	call func(context.Context, *ringcx.Client) error
}{
	{"List", func(ctx context.Context, client *ringcx.Client) error {
		_, err := client.Accounts.List(ctx)
		return err
	}},
	{"All", func(ctx context.Context, client *ringcx.Client) error {
		_, err := collect(client.Accounts.All(ctx))
		return err
	}},
}

// TestServiceErrors checks the errors of services: they are those of the flat client and of
// Stream.
func TestServiceErrors(t *testing.T) {
	for _, tt := range serviceCalls {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			client := newClient(t, fake.Config())
			fake.Fault(ringcxtest.Accounts, ringcxtest.Status(http.StatusForbidden, `{"errorCode":"x"}`), 1)
			err := tt.call(t.Context(), client)
			if !errors.Is(err, ringcx.ErrForbidden) {
				t.Errorf("error is %v, want ErrForbidden", err)
			}

			fake.Fault(ringcxtest.Accounts, ringcxtest.Status(http.StatusOK, `[{"accountId": "1"}]`), 1)
			err = tt.call(t.Context(), client)
			want := &wire.DecodeError{
				Method: "GET", Path: "/voice/api/v1/admin/accounts", StatusCode: 200, ContentType: "application/json", Field: "0.accountName",
			}
			got, _ := errors.AsType[*wire.DecodeError](err)
			if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Err" }, cmp.Ignore())); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}

			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			cancel()
			if err := tt.call(ctx, client); !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v, want context.Canceled", err)
			}
		})
	}
}
