package ringcxtest

import (
	"fmt"
	"testing"
)

// BenchmarkCall measures a call with and without the contract check, with responses of 10 KB
// and 100 KB.
func BenchmarkCall(b *testing.B) {
	for _, users := range []int{65, 650} {
		for name, checked := range map[string]bool{"checked": true, "unchecked": false} {
			s := New()
			s.tb, s.checked = b, checked
			client := inMemory(s)
			token := client.exchange(client.login().field("access_token")).field("accessToken")
			s.GenerateUsers(users)
			size := len(client.users(token, "").body)
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, name), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					client.users(token, "")
				}
			})
			s.Close()
		}
	}
}
