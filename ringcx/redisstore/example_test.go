package redisstore_test

import (
	"context"
	"fmt"

	"github.com/ringcx-go/ringcx-go/ringcx/redisstore"
)

// client stands for a client of Redis. With go-redis, Eval is
//
//	rdb.Eval(ctx, script, keys, args...).Result()
type client struct{}

func (client) Eval(context.Context, string, []string, ...any) (any, error) {
	return []any{"found", "version", "the record"}, nil
}

// A Store runs its scripts with the client of the program.
func Example() {
	rdb := client{}
	store := redisstore.New(func(ctx context.Context, script string, keys []string, args ...any) (any, error) {
		return rdb.Eval(ctx, script, keys, args...)
	})
	data, _, err := store.Load(context.Background(), "session")
	fmt.Printf("%s %v\n", data, err)
	// Output: the record <nil>
}
