package wire

// Value returns the value that p points to, or the zero value if p is nil. It is for
// optional fields, if null and a missing field mean the same as the zero value:
//
//	name := wire.Value(user.FirstName) // "" if RingCX sent no first name
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
