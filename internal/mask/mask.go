// Package mask decides how much of a secret may be shown, for the log of the
// fake and for the demo.
package mask

// shown is how many characters of a secret are shown.
const shown = 6

// Secret leaves only the end of a secret, and nothing of a short one, which the
// end would give away.
func Secret(value string) string {
	if len(value) < 3*shown {
		return "…"
	}
	return "…" + value[len(value)-shown:]
}
