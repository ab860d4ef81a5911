package ringcx

import (
	"fmt"
	"io"
)

// The types with secrets implement fmt.Formatter for package fmt, and
// encoding.TextMarshaler for log/slog, encoding/json and encoding/xml. The methods have
// value receivers, so that they apply to values and to pointers.

func (l JWTLogin) summary() string {
	return fmt.Sprintf("ringcx.JWTLogin{ClientID: %q, BaseURL: %q}", l.ClientID, l.BaseURL)
}

func (c Config) summary() string {
	return fmt.Sprintf("ringcx.Config{RingCentral: %T, BaseURL: %q, RenewBefore: %v, MaxReplays: %d, UserAgent: %q}",
		c.RingCentral, c.BaseURL, c.RenewBefore, c.MaxReplays, c.UserAgent)
}

func (s TokenSource) summary() string {
	if s.cache == nil {
		return "ringcx.TokenSource{}"
	}
	return fmt.Sprintf("ringcx.TokenSource{BaseURL: %q}", s.cache.base)
}

func (c Client) summary() string {
	if c.Tokens == nil {
		return "ringcx.Client{}"
	}
	return "ringcx.Client{Tokens: " + c.Tokens.summary() + "}"
}

// Format implements fmt.Formatter. For every verb it writes a description of l without
// its credentials.
func (l JWTLogin) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (l JWTLogin) MarshalText() ([]byte, error) { return []byte(l.summary()), nil }

// Format implements fmt.Formatter. For every verb it writes a description of c without
// its credentials.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.summary()), nil }

// Format implements fmt.Formatter. For every verb it writes a description of s without
// its tokens.
func (s TokenSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (s TokenSource) MarshalText() ([]byte, error) { return []byte(s.summary()), nil }

// Format implements fmt.Formatter. For every verb it writes a description of c without
// its tokens.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (c Client) MarshalText() ([]byte, error) { return []byte(c.summary()), nil }
