package ringcxtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// plainFaults are the faults that take no argument.
var plainFaults = []Fault{
	Refuse, Penalty, HTML, Truncate, NoRefreshToken, SameRefreshToken,
	DropAnswer, Unreachable, EchoSecret, RevokedOutside, RateLimit(0),
}

// ParseFault reads a fault from text, for a program that takes faults from its
// user. The text is a name with dashes and, where the fault takes them, its
// arguments: "refuse", "rate-limit", "rate-limit 30s", "status 502 <html>",
// "redirect 307 https://example.com", "lifetime -1s", "slow 2s",
// "skew-date 10m".
func ParseFault(text string) (Fault, error) {
	text = strings.TrimSpace(text)
	for _, f := range plainFaults {
		if f.name == text {
			return f, nil
		}
	}
	name, rest, _ := strings.Cut(text, " ")
	switch rest = strings.TrimSpace(rest); name {
	case "status", "redirect":
		return parseStatusFault(name, rest)
	case "rate-limit", "lifetime", "slow", "skew-date":
		return parseTimeFault(name, rest)
	}
	return Fault{}, fmt.Errorf("there is no fault %q", text)
}

func parseStatusFault(name, rest string) (Fault, error) {
	digits, text, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(digits)
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %q is no status", name, digits)
	}
	if name == "redirect" {
		return Redirect(code, text), nil
	}
	return Status(code, text), nil
}

func parseTimeFault(name, rest string) (Fault, error) {
	d, err := time.ParseDuration(rest)
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %q is no duration, such as 30s", name, rest)
	}
	switch name {
	case "rate-limit":
		return RateLimit(d), nil
	case "lifetime":
		return Lifetime(d), nil
	case "slow":
		return Slow(d), nil
	}
	return SkewDate(d), nil
}
