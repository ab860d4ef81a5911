// Package stores has no code. Its tests run packages sqlstore and redisstore, and a Store in
// a Kubernetes Secret, with the drivers and servers that programs use. It is a module of its
// own, so that the drivers do not reach programs that import ringcx.
package stores
