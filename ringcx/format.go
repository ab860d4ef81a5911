package ringcx

import (
	"fmt"
	"io"
)

// The types that hold secrets implement fmt.Formatter for fmt, and
// encoding.TextMarshaler for log/slog, encoding/json and encoding/xml. The methods
// have value receivers, so they apply to values and pointers.

func (l JWTLogin) summary() string {
	return fmt.Sprintf("ringcx.JWTLogin{ClientID: %q, BaseURL: %q}", l.ClientID, l.BaseURL)
}

func (c Config) summary() string {
	return fmt.Sprintf("ringcx.Config{RingCentral: %T, BaseURL: %q, RenewBefore: %v, MaxReplays: %d, UserAgent: %q}",
		c.RingCentral, c.BaseURL, c.RenewBefore, c.MaxReplays, c.UserAgent)
}

func (s TokenSource) summary() string {
	if s.engine == nil {
		return "ringcx.TokenSource{}"
	}
	return fmt.Sprintf("ringcx.TokenSource{BaseURL: %q}", s.engine.base)
}

func (c Client) summary() string {
	if c.Tokens == nil {
		return "ringcx.Client{}"
	}
	return "ringcx.Client{Tokens: " + c.Tokens.summary() + "}"
}

// Format writes a description of l without its credentials, for every verb.
func (l JWTLogin) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.summary()) }

// MarshalText returns what Format writes. There is no UnmarshalText.
func (l JWTLogin) MarshalText() ([]byte, error) { return []byte(l.summary()), nil }

// Format writes a description of c without its credentials, for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// MarshalText returns what Format writes. There is no UnmarshalText.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.summary()), nil }

// Format writes a description of s without its tokens, for every verb.
func (s TokenSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.summary()) }

// MarshalText returns what Format writes. There is no UnmarshalText.
func (s TokenSource) MarshalText() ([]byte, error) { return []byte(s.summary()), nil }

// Format writes a description of c without its tokens, for every verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// MarshalText returns what Format writes. There is no UnmarshalText.
func (c Client) MarshalText() ([]byte, error) { return []byte(c.summary()), nil }
