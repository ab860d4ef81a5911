package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/filestore"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// Two processes of one user share a directory. Both write with the same version: the
// first write succeeds, the second one returns ErrConflict, and its process reads the
// record again.
func Example() {
	dir, err := os.MkdirTemp("", "ringcx") // a program passes "" to New, for the cache directory of the user
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	first, err := filestore.New(dir)
	if err != nil {
		log.Fatal(err)
	}
	second, err := filestore.New(dir)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	if _, err := first.CompareAndSwap(ctx, "session", "", []byte("written by the first")); err != nil {
		log.Fatal(err)
	}
	_, err = second.CompareAndSwap(ctx, "session", "", []byte("written by the second"))
	fmt.Println("conflict:", errors.Is(err, ringcx.ErrConflict))
	data, _, err := second.Load(ctx, "session")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the record is %q\n", data)
	// Output:
	// conflict: true
	// the record is "written by the first"
}

// Programs on one machine share a session: the second program does not sign in.
func Example_session() {
	dir, err := os.MkdirTemp("", "ringcx") // a program passes "" to New, for the cache directory of the user
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	fake := ringcxtest.New() // in production: a *ringcx.JWTLogin
	defer fake.Close()
	for range 2 { // two programs
		store, err := filestore.New(dir)
		if err != nil {
			log.Fatal(err)
		}
		cfg := fake.Config()
		cfg.Store = store
		client, err := ringcx.New(cfg)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := ringcx.Get(client.ListAccountsWithResponse(context.Background())); err != nil {
			log.Fatal(err)
		}
		client.Tokens.Close() // waits until the session is written
	}
	fmt.Println(fake.Counts().Logins, "sign-in")
	// Output: 1 sign-in
}

// New rejects a directory that other users can read. The error contains the path and
// the chmod command that fixes it.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "ringcx")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		log.Fatal(err)
	}
	if _, err := filestore.New(dir); err != nil {
		fmt.Println("check the mode of the directory")
	}
}
