package ringcxtest

import (
	"fmt"
	"testing"
)

// BenchmarkExchange measures a call with the check and without it: one of 10 KB
// and one of 100 KB.
func BenchmarkExchange(b *testing.B) {
	for _, users := range []int{65, 650} {
		for name, checked := range map[string]bool{"checked": true, "unchecked": false} {
			s := New()
			s.tb, s.checked = b, checked
			w := inMemory(s)
			token := w.exchange(w.login().field("access_token")).field("accessToken")
			s.GenerateUsers(users)
			size := len(w.users(token, "").body)
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, name), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					w.users(token, "")
				}
			})
			s.Close()
		}
	}
}
