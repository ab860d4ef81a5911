package ringcx

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// This file keeps secrets out of what fmt, slog and encoding/json print of the
// types that hold some. The methods are on values, so that they work for values
// and pointers, and each type says the same to all printers.

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

// String describes l without its secrets.
func (l JWTLogin) String() string { return l.summary() }

// GoString is String.
func (l JWTLogin) GoString() string { return l.summary() }

// Format writes String for every verb.
func (l JWTLogin) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.summary()) }

// LogValue is String, for slog.
func (l JWTLogin) LogValue() slog.Value { return slog.StringValue(l.summary()) }

// MarshalJSON writes String: credentials are not for logs.
func (l JWTLogin) MarshalJSON() ([]byte, error) { return json.Marshal(l.summary()) }

// String describes c without its secrets.
func (c Config) String() string { return c.summary() }

// GoString is String.
func (c Config) GoString() string { return c.summary() }

// Format writes String for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// LogValue is String, for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.summary()) }

// MarshalJSON writes String: a Config holds credentials.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.summary()) }

// String describes s without its tokens.
func (s TokenSource) String() string { return s.summary() }

// GoString is String.
func (s TokenSource) GoString() string { return s.summary() }

// Format writes String for every verb.
func (s TokenSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.summary()) }

// LogValue is String, for slog.
func (s TokenSource) LogValue() slog.Value { return slog.StringValue(s.summary()) }

// MarshalJSON writes String: tokens are not for files.
func (s TokenSource) MarshalJSON() ([]byte, error) { return json.Marshal(s.summary()) }

// String describes c without its tokens.
func (c Client) String() string { return c.summary() }

// GoString is String.
func (c Client) GoString() string { return c.summary() }

// Format writes String for every verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// LogValue is String, for slog.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.summary()) }

// MarshalJSON writes String: a Client holds tokens.
func (c Client) MarshalJSON() ([]byte, error) { return json.Marshal(c.summary()) }
