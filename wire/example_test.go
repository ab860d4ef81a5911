package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
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
	_, err = client.Accounts.List(context.Background())
	var wrong *wire.DecodeError
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Method, wrong.Path, wrong.Field)
	}
	// Output: GET /voice/api/v1/admin/accounts 0.accountName
}

// A time that cannot be read does not lose the list that contains it.
func ExampleTime() {
	var users []struct {
		Name         string
		CreationDate wire.Time
	}
	err := json.Unmarshal([]byte(`[
		{"name": "Kim", "creationDate": "2020-05-15T20:38:13.686+0000"},
		{"name": "Alex", "creationDate": "a while ago"}
	]`), &users)
	if err != nil {
		log.Fatal(err)
	}
	for _, u := range users {
		if err := u.CreationDate.Err(); err != nil {
			fmt.Println(u.Name, err)
			continue
		}
		fmt.Println(u.Name, u.CreationDate.Unix())
	}
	// Output:
	// Kim 1589575093
	// Alex wire: cannot read "a while ago" as a time
}

// Text is what came instead of a time.
func ExampleTime_Err() {
	var t wire.Time
	if err := json.Unmarshal([]byte(`"soon"`), &t); err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.IsZero(), t.Text)
	fmt.Println(t.Err())
	// Output:
	// true soon
	// wire: cannot read "soon" as a time
}

// database/sql calls Value to store a Time: pass it as an argument of Exec.
func ExampleTime_Value() {
	at := time.Date(2020, 5, 15, 22, 38, 13, 0, time.FixedZone("", 2*60*60))
	fmt.Println(wire.Time{Time: at}.Value())
	fmt.Println(wire.Time{}.Value()) // NULL
	fmt.Println(wire.Time{Text: "soon"}.Value())
	// Output:
	// 2020-05-15 20:38:13 +0000 UTC <nil>
	// <nil> <nil>
	// <nil> wire: cannot read "soon" as a time
}

// database/sql calls Scan: pass a pointer to a Time as an argument of Row.Scan.
func ExampleTime_Scan() {
	var t wire.Time
	if err := t.Scan("2020-05-15 20:38:13.686"); err != nil { // as SQLite stores a time
		log.Fatal(err)
	}
	fmt.Println(t.UnixMilli())
	// Output: 1589575093686
}

// An id is text, whether RingCX sends a string or a number.
func ExampleID() {
	var ids []wire.ID
	if err := json.Unmarshal([]byte(`["333333", 333333, null]`), &ids); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", ids)
	// Output: ["333333" "333333" ""]
}

// The empty ID is NULL.
func ExampleID_Value() {
	fmt.Println(wire.ID("333333").Value())
	fmt.Println(wire.ID("").Value())
	// Output:
	// 333333 <nil>
	// <nil> <nil>
}

// A column with ids may contain text or integers.
func ExampleID_Scan() {
	var id wire.ID
	if err := id.Scan(int64(333333)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(id)
	// Output: 333333
}

// Value reads an optional field.
func ExampleValue() {
	user := gen.User{FirstName: new("Kim")}
	fmt.Printf("%q %q\n", wire.Value(user.FirstName), wire.Value(user.LastName))
	// Output: "Kim" ""
}

// A file is read while it is sent. If RingCX rejects the token, it is sent again.
func ExampleMultipart() {
	fake := ringcxtest.New()
	defer fake.Close()
	const path = "/voice/api/v1/admin/accounts/333333/campaigns/1/leadLoader/preview"
	fake.Handle("POST "+path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, header, err := r.FormFile("file")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Println("received", header.Filename, header.Size, "bytes")
	}))
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}

	file := strings.NewReader("+16505550100,Kim\n") // in production: the result of os.Open
	body, err := wire.Multipart(struct {
		File wire.File `json:"file"`
	}{wire.File{Name: "leads.csv", Reader: file}})
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, path, body)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Content-Type", body.ContentType())
	resp, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output:
	// received leads.csv 17 bytes
	// 200
}

// A program changes the name of a user. The program does not know the field "badge", and
// must not delete it.
func ExampleMerge() {
	fake := ringcxtest.New()
	defer fake.Close()
	const path = "/voice/api/v1/admin/users/17"
	fake.Handle("GET "+path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"userId":17,"userName":"kim@example.com","firstName":"Kim","badge":{"color":"red"}}`)
	}))
	fake.Handle("PUT "+path, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Printf("%s", body)
	}))
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	do := func(method string, body io.Reader) ([]byte, error) {
		req, err := http.NewRequestWithContext(context.Background(), method, path, body)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return io.ReadAll(resp.Body)
	}

	received, err := do(http.MethodGet, nil)
	if err != nil {
		log.Fatal(err)
	}
	update, err := wire.Merge(received, gen.User{FirstName: new("Alex")})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := do(http.MethodPut, bytes.NewReader(update)); err != nil {
		log.Fatal(err)
	}
	// Output: {"badge":{"color":"red"},"firstName":"Alex","userId":17,"userName":"kim@example.com"}
}

// A program reads a user, and changes what it read. A map clears a field.
func ExampleMerge_clear() {
	received := []byte(`{"userId":17,"userName":"kim@example.com","firstName":"Kim","lastName":"Park","badge":7}`)
	var user gen.User
	if err := json.Unmarshal(received, &user); err != nil {
		log.Fatal(err)
	}
	user.FirstName = new("Alex")
	update, err := wire.Merge(received, user)
	if err != nil {
		log.Fatal(err)
	}
	update, err = wire.Merge(update, map[string]any{"lastName": nil})
	fmt.Println(string(update), err)
	// Output: {"badge":7,"firstName":"Alex","lastName":null,"userId":17,"userName":"kim@example.com"} <nil>
}

// The roles of a user are cleared. A gen.UserRequest cannot do this: it omits a list that is empty.
func ExampleMerge_clearList() {
	fake := ringcxtest.New()
	defer fake.Close()
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	const userID = 987654
	received, err := client.GetUserWithResponse(ctx, userID) // its Body has all fields
	if err != nil {
		log.Fatal(err)
	}
	update, err := wire.Merge(received.Body, map[string]any{"roles": []string{}})
	if err != nil {
		log.Fatal(err)
	}
	user, err := ringcx.Get(client.UpdateUserWithBodyWithResponse(ctx, userID, "application/json", bytes.NewReader(update)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.UserName, len(received.JSON200.Roles), "roles before,", len(user.Roles), "after")
	// Output: alex.admin@example.com 2 roles before, 0 after
}

// The server ignores the page number and sends the same page each time.
func ExamplePages() {
	fetch := func(_ context.Context, page int) ([]string, error) {
		fmt.Println("fetch page", page)
		return []string{"Kim", "Alex"}, nil
	}
	for name, err := range wire.Pages(context.Background(), 0, fetch) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(name)
	}
	// Output:
	// fetch page 0
	// Kim
	// Alex
	// fetch page 1
	// fetch page 2
}

// A recording is ready some minutes after the call. A program tries again later, but not forever.
func ExampleErrNotReady() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Respond("getTranscript", http.StatusNotFound, nil)
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Transcripts.Get(context.Background(), "37439510", "333333", "dialog-1", "segment-1")
	fmt.Println(errors.Is(err, wire.ErrNotReady))
	// Output: true
}

// RingCX responded with status 200 and false.
func ExampleErrFalse() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Respond("deleteQueue", http.StatusOK, false)
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	err = client.Queues.Delete(context.Background(), "333333", 6001, 6101)
	fmt.Println(errors.Is(err, wire.ErrFalse))
	// Output: true
}
