package ringcxtest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLimitOfSignIns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.LimitRates(true)
		w := inMemory(s)
		for i := range 5 {
			a := w.login()
			if a.status != 200 || a.header.Get("X-Rate-Limit-Remaining") != string(rune('4'-i)) {
				t.Errorf("sign-in %d: %d %v", i+1, a.status, a.header)
			}
			time.Sleep(10 * time.Second)
		}
		a := w.login() // at 50 s
		if a.status != 429 || a.header.Get("Retry-After") != "60" || a.header.Get("X-Rate-Limit-Group") != "auth" {
			t.Errorf("sixth sign-in: %+v", a)
		}
		time.Sleep(40 * time.Second)
		if a := w.login(); a.status != 429 { // at 90 s: the penalty lasts to 110 s
			t.Errorf("during the penalty: %+v", a)
		}
		time.Sleep(59 * time.Second)
		if a := w.login(); a.status != 429 { // at 149 s: it was prolonged to 150 s
			t.Errorf("during the prolonged penalty: %+v", a)
		}
		time.Sleep(time.Minute)
		if a := w.login(); a.status != 200 {
			t.Errorf("after the penalty: %+v", a)
		}
		if c := s.Counts(); c.RateLimited != 3 || c.Peaks[Login] != 6 {
			t.Errorf("counts: %+v", c)
		}
	})
}

func TestPenalty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.Fault(Login, Penalty, 1)
		w := inMemory(s)
		var got []int
		for _, wait := range []time.Duration{0, 59 * time.Second, 59 * time.Second, time.Minute} {
			time.Sleep(wait)
			got = append(got, w.login().status)
		}
		if diff := cmp.Diff([]int{429, 429, 429, 200}, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	})
}

func TestLimitOfTokenRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.LimitRates(true)
		w := inMemory(s)
		have := w.signIn(t)
		for i := range 4 {
			next := w.refresh(have.refresh)
			if have.refresh = next.field("refreshToken"); have.refresh == "" {
				t.Fatalf("refresh %d: %+v", i+1, next)
			}
		}
		for name, a := range map[string]answer{"exchange": w.exchange(have.ringCentral), "refresh": w.refresh(have.refresh)} {
			if a.status != 429 || a.header.Get("Retry-After") != "" || a.header.Get("X-Rate-Limit-Group") != "" {
				t.Errorf("%s: %+v, want 429 without headers", name, a)
			}
		}
		time.Sleep(time.Minute)
		if a := w.refresh(have.refresh); a.status != 200 {
			t.Errorf("a minute later: %+v", a)
		}
		if got := s.Counts().PeakTokenRequests; got != 7 {
			t.Errorf("PeakTokenRequests is %d, want 7", got)
		}
	})
}

func TestLimitOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.LimitRates(true)
		w := inMemory(s)
		have := w.signIn(t)
		for i := range 122 {
			want := 200
			if i >= 120 {
				want = 429
			}
			if a := w.ask([]Endpoint{Users, Accounts}[i%2], have); a.status != want {
				t.Fatalf("call %d: %d, want %d", i+1, a.status, want)
			}
		}
	})
}

func TestPeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New()
		defer s.Close()
		w := inMemory(s)
		for _, wait := range []time.Duration{0, 30 * time.Second, 30 * time.Second, time.Second, 58 * time.Second} {
			time.Sleep(wait)
			w.login()
		}
		if got := s.Counts().Peaks[Login]; got != 3 {
			t.Errorf("peak is %d, want 3: arrivals at 0, 30, 60, 61 and 119 s", got)
		}
	})
}
