package ringcx

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

// resolveKey is the name of the record: the program's, or one that two tenants
// never share.
func (c Config) resolveKey(base *url.URL) (string, error) {
	if c.Key != "" {
		return c.Key, nil
	}
	login, ok := c.RingCentral.(*JWTLogin)
	if !ok {
		return "", errors.New("ringcx: Config.Key is required with a Store, except with a *JWTLogin: give each user of each app a name of its own")
	}
	origin, err := login.base()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, part := range []string{origin.String(), base.String(), login.ClientID, subject(login.JWT)} {
		hash.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// subject is whom a JWT credential signs in, or the whole JWT where it does not
// say.
func subject(jwt string) string {
	var claims struct{ Sub string }
	if parts := strings.Split(jwt, "."); len(parts) == 3 {
		_ = json.Unmarshal(decodeSegment(parts[1]), &claims)
	}
	return cmp.Or(claims.Sub, jwt)
}

// fingerprint names who a record belongs to: the app and the user that sign in. It is
// empty if that is not known, as with a token source of the program or a JWT without
// sub.
func (c Config) fingerprint() string {
	login, ok := c.RingCentral.(*JWTLogin)
	if !ok {
		return ""
	}
	user := subject(login.JWT)
	if user == login.JWT {
		return ""
	}
	hash := sha256.Sum256([]byte("ringcx login\x00" + login.ClientID + "\x00" + user))
	return hex.EncodeToString(hash[:8])
}
