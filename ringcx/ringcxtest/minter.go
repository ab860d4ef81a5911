package ringcxtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// minterKey signs the tokens. It is no secret: all of it is a fake.
const minterKey = "ringcxtest"

// jwtHeader says how the JWTs are signed.
var jwtHeader = encode([]byte(`{"alg":"HS256","typ":"JWT"}`))

// minter makes tokens. Nothing in them is random: the same requests in the same
// order get the same tokens. All characters are safe in a form body that is not
// percent-encoded.
type minter struct{ serial int }

// opaque returns a token that says nothing but its kind.
func (m *minter) opaque(kind string) string {
	m.serial++
	text := fmt.Sprintf("%s-%d", kind, m.serial)
	return text + "-" + sign(text)[:24]
}

// jwt returns an access token of RingCX with the given claims, in whole seconds.
func (m *minter) jwt(issued, expires time.Time) string {
	m.serial++
	claims := fmt.Sprintf(`{"iss":"ringcxtest","jti":"%d","iat":%d,"exp":%d}`, m.serial, issued.Unix(), expires.Unix())
	text := jwtHeader + "." + encode([]byte(claims))
	return text + "." + sign(text)
}

func sign(text string) string {
	mac := hmac.New(sha256.New, []byte(minterKey))
	mac.Write([]byte(text))
	return encode(mac.Sum(nil))
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
