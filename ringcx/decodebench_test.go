package ringcx_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// BenchmarkStream measures Stream with 1,000 users: the usual case, and the case that a
// required field of each user is zero, so that Stream looks for it in the JSON.
func BenchmarkStream(b *testing.B) {
	for name, id := range map[string]string{"full": "user", "zero": ""} {
		b.Run(name, func(b *testing.B) {
			user := fmt.Sprintf(`{"userId":1001,"userName":%q,"firstName":"User","lastName":"No. 1","enabled":true,"parentPath":"1","roles":[{"roleType":"USER","description":"User"}],"rcUserId":"1001001","creationDate":"2020-05-15T20:38:13.686+0000"}`, id)
			body := "[" + strings.Repeat(user+",", 999) + user + "]"
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range ringcx.Stream[gen.User](&http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body))}, nil) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
