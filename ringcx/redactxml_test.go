package ringcx_test

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// fields has the types that contain secrets as XML elements.
type fields struct {
	Login  ringcx.JWTLogin
	Config ringcx.Config
	Client *ringcx.Client
	Tokens ringcx.TokenSource
}

// attributes has them as XML attributes.
type attributes struct {
	Login  ringcx.JWTLogin `xml:",attr"`
	Config *ringcx.Config  `xml:",attr"`
}

// TestXMLContainsNoSecret marshals every type that contains secrets, by itself and as a
// field, after a sign-in.
func TestXMLContainsNoSecret(t *testing.T) {
	cfg := ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: &network{}}}
	client := newClient(t, cfg)
	if _, err := client.Tokens.Token(); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"JWTLogin": *sentinelLogin(), "*JWTLogin": sentinelLogin(),
		"Config": cfg, "*Config": &cfg,
		"Client": *client, "*Client": client,
		"TokenSource": *client.Tokens, "*TokenSource": client.Tokens,
		"fields":     fields{*sentinelLogin(), cfg, client, *client.Tokens},
		"attributes": attributes{*sentinelLogin(), &cfg},
	}
	for name, v := range values {
		got, err := xml.Marshal(v)
		if err != nil || strings.Contains(string(got), sentinel) || !strings.Contains(string(got), "ringcx.") {
			t.Errorf("XML of %s is %s (error %v), want the name of its type and no secret", name, got, err)
		}
	}
}
