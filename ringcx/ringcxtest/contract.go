package ringcxtest

// checkCall compares the request and the response of c with its operation, and returns the
// violations.
func checkCall(c *call) []string {
	if c.operation == nil || c.w.status == 0 {
		return nil
	}
	all := c.operation.Request(c.r, c.body, func(name string) string { return safeName(c, name) })
	if c.foreign {
		return all
	}
	return append(all, c.operation.Response(c.r, c.w.status, c.w.Header(), c.w.body.Bytes(), c.w.complete())...)
}
