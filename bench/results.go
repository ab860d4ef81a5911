package main

// results are what was measured, in one pass or in several.
type results struct {
	rows   []row
	panels []panel
}

// add adds the figures of one more pass, which has the same rows and panels.
func (r *results) add(pass *results) {
	if r.rows == nil {
		*r = *pass
		return
	}
	for i := range r.rows {
		r.rows[i].add(pass.rows[i])
	}
	for i := range r.panels {
		for k, b := range pass.panels[i].bars {
			own := &r.panels[i].bars[k]
			own.value = append(own.value, b.value...)
		}
	}
}
