package ringcx

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

const (
	// defaultLife is how long a RingCX access token lives when it does not say.
	//
	// Source: RingCX documentation, on the refresh of the access token.
	defaultLife = 5 * time.Minute

	// maxLife bounds what a token may say of itself.
	maxLife = time.Hour
)

// lifetime is how long the access token lives: exp − iat of the JWT that it is,
// at most an hour. A token that is no JWT, has no iat, or ends before it begins
// is taken to live five minutes. It is a span, not a moment, so that a wrong
// clock here does no harm.
func lifetime(access string) time.Duration {
	parts := strings.Split(access, ".")
	if len(parts) != 3 {
		return defaultLife
	}
	var claims struct{ Exp, Iat *float64 }
	if json.Unmarshal(decodeSegment(parts[1]), &claims) != nil || claims.Exp == nil || claims.Iat == nil {
		return defaultLife
	}
	switch s := *claims.Exp - *claims.Iat; {
	case s < 1:
		return defaultLife
	case s > maxLife.Seconds():
		return maxLife
	default:
		return time.Duration(s * float64(time.Second))
	}
}

// decodeSegment decodes a part of a JWT; one that cannot be decoded is empty.
func decodeSegment(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return b
}
