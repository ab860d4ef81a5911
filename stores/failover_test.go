package stores_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/redisstore"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// TestRedisFailover promotes a replica that has not got the last writes of the primary. Its
// record has a refresh token that was sent, and the processes have one that is newer. They
// send neither, and share new tokens.
func TestRedisFailover(t *testing.T) {
	primary := servers.Start(t, servers.Redis, "--repl-diskless-sync-delay", "0")
	replica := servers.Start(t, servers.Redis, "--masterauth", servers.Password,
		"--replicaof", "127.0.0.1 "+strings.TrimPrefix(primary.Addr, "127.0.0.1:"))
	var current atomic.Pointer[goredis.Client] // as a client of Sentinel has it
	current.Store(goRedisClient(t, primary.URL))
	promoted := goRedisClient(t, replica.URL)
	store := redisstore.New(func(ctx context.Context, script string, keys []string, args ...any) (any, error) {
		return current.Load().Eval(ctx, script, keys, args...).Result()
	})

	fake := ringcxtest.NewServer(t)
	var failed []string
	a, b := session(t, fake, store, &failed), session(t, fake, store, &failed)
	first := mustToken(t, a)
	wantToken(t, b, first) // it finds the tokens once they are written
	if n, err := current.Load().Wait(t.Context(), 1, 10*time.Second).Result(); n != 1 || err != nil {
		t.Fatalf("%d replicas have the record, %v", n, err)
	}
	if err := promoted.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	a.Invalidate(first)
	second := mustToken(t, a) // a refresh
	b.Invalidate(first)
	wantToken(t, b, second)
	primary.Kill()
	current.Store(promoted)

	b.Invalidate(second)
	third := mustToken(t, b)
	a.Invalidate(second)
	wantToken(t, a, third)
	closeAll(t, a, b)
	c := fake.Counts()
	got := []int{c.Logins, c.Exchanges, c.Refreshes, c.RefreshReused}
	if diff := cmp.Diff([]int{1, 2, 1, 0}, got); diff != "" || len(failed) > 0 {
		t.Errorf("sign-ins, exchanges, refreshes, refresh tokens sent twice (-want +got):\n%s; events with an error: %q", diff, failed)
	}
}

// TestRedisClockJump ends the time to live of a record, as a clock does that jumps ahead. The
// record is lost. A process with a valid token uses it, and later adopts that of another one.
func TestRedisClockJump(t *testing.T) {
	client := goRedisClient(t, servers.Shared(t, servers.Redis).URL)
	fake := ringcxtest.NewServer(t)
	var failed []string
	a, b := session(t, fake, goRedis(client), &failed), session(t, fake, goRedis(client), &failed)
	first := mustToken(t, a)
	wantToken(t, b, first)
	ended, err := client.PExpireAt(t.Context(), "ringcx:"+recordKey(t), time.Unix(1, 0)).Result()
	if err != nil || !ended {
		t.Fatalf("PEXPIREAT: %v, %v", ended, err)
	}
	wantToken(t, a, first)
	b.Invalidate(first)
	second := mustToken(t, b)
	a.Invalidate(first)
	wantToken(t, a, second)
	closeAll(t, a, b)
	removeRecord(t, goRedis(client))
	if c := fake.Counts(); c.RefreshReused > 0 || c.Refreshes > 0 || len(failed) > 0 {
		t.Errorf("%d refreshes, want none: the refresh token may have been sent; events with an error: %q", c.Refreshes, failed)
	}
}

// wantToken gets a token, which must be the one of another process.
func wantToken(t *testing.T, tokens *ringcx.TokenSource, want *oauth2.Token) {
	t.Helper()
	if got := mustToken(t, tokens); got.AccessToken != want.AccessToken {
		t.Errorf("the process has the token %q, want %q", got.AccessToken, want.AccessToken)
	}
}

func mustToken(t *testing.T, tokens *ringcx.TokenSource) *oauth2.Token {
	t.Helper()
	token, err := tokens.Token()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func closeAll(t *testing.T, all ...*ringcx.TokenSource) {
	t.Helper()
	for _, tokens := range all {
		if err := tokens.Close(); err != nil {
			t.Error(err)
		}
	}
}
