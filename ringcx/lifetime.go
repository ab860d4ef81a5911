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

// lifetime is how long the access token of a response of date, which took some time,
// lives: exp − iat of the JWT that it is, or exp − date if that is less, at most an hour. A token that is
// not a JWT, or ends before it begins, is taken to live five minutes, as is one
// without iat if the response has no date. It is a span, not a moment, so that a
// wrong clock here does no harm.
func lifetime(access string, date time.Time, took time.Duration) time.Duration {
	parts := strings.Split(access, ".")
	if len(parts) != 3 {
		return defaultLife
	}
	var claims struct{ Exp, Iat *float64 }
	if json.Unmarshal(decodeSegment(parts[1]), &claims) != nil || claims.Exp == nil {
		return defaultLife
	}
	left := lifeOf(*claims.Exp - float64(date.Unix()))
	switch {
	case claims.Iat == nil && date.IsZero():
		return defaultLife
	case claims.Iat == nil:
		return left
	}
	life := lifeOf(*claims.Exp - *claims.Iat)
	if !date.IsZero() && left+took < life-clockDrift {
		return left // iat is not when it was issued
	}
	return life
}

// lifeOf is a life of s seconds; what makes no sense counts as five minutes.
func lifeOf(s float64) time.Duration {
	switch {
	case s < 1:
		return defaultLife
	case s > maxLife.Seconds():
		return maxLife
	}
	return time.Duration(s * float64(time.Second))
}

// decodeSegment decodes a part of a JWT; one that cannot be decoded is empty.
func decodeSegment(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return b
}
