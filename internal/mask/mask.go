// Package mask shortens secrets for the log of the fake server and for the demo.
package mask

// shown is the number of characters that remain.
const shown = 6

// Secret returns "…" and the last six characters of a secret. If the secret has fewer
// than 18 characters, six would reveal too much of it, and Secret returns only "…".
func Secret(value string) string {
	if len(value) < 3*shown {
		return "…"
	}
	return "…" + value[len(value)-shown:]
}
