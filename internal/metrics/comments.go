package main

import (
	"fmt"
	"regexp"
	"strings"
)

const maxWhere = 2 // per 1,000 words of comments

var where = regexp.MustCompile(`(?i)\bwhere\b`)

// measureComments measures how often the comments of p use certain words.
func measureComments(p *pkg) []measure {
	total, wheres := 0, []string{}
	found := map[string][]string{}
	for _, f := range p.files {
		for _, group := range f.Comments {
			text := group.Text()
			total += len(strings.Fields(text))
			for range where.FindAllString(text, -1) {
				wheres = append(wheres, p.place(group.Pos()))
			}
			for _, w := range findWords("ringcx/"+p.file(group.Pos()), strings.ReplaceAll(text, "\n", " ")) {
				found[w.name] = append(found[w.name], p.place(group.Pos()))
			}
		}
	}
	measures := []measure{{
		name:  fmt.Sprintf(`"where" per 1,000 words of comments (%d in %d)`, len(wheres), total),
		value: 1000 * float64(len(wheres)) / float64(max(total, 1)), limit: maxWhere, digits: 1,
		advice: `write "if" or "when"`, places: wheres,
	}}
	for _, name := range countedWords {
		measures = append(measures, measure{
			name: fmt.Sprintf("%q in comments", name), value: float64(len(found[name])),
			advice: "replace each: the lines below say by what",
		})
	}
	return measures
}
