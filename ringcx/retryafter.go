package ringcx

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	minRetryAfter = time.Second
	maxRetryAfter = time.Hour
)

// retryAfter reads the Retry-After header, whole seconds or a date, and bounds
// it to 1 s … 1 h. A date counts from the answer's own Date, so that a wrong
// clock here does no harm; now stands in where there is none. It is 0 where the
// header is missing or makes no sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if digits := strings.TrimLeft(value, "+-"); isDigits(digits) {
		return seconds(value)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return clampRetryAfter(at.Sub(now)) // Sub saturates: a date in 9999 does not overflow
}

// seconds reads a number of any length.
func seconds(s string) time.Duration {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case strings.HasPrefix(s, "-"):
		return minRetryAfter
	case err != nil || n > int64(maxRetryAfter/time.Second):
		return maxRetryAfter
	}
	return clampRetryAfter(time.Duration(n) * time.Second)
}

func clampRetryAfter(d time.Duration) time.Duration {
	return min(max(d, minRetryAfter), maxRetryAfter)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
