package fullspec

import "strings"

// deleteUnreached deletes the schemas of components that nothing else of the document refers
// to, except those to keep.
func deleteUnreached(doc object, keep map[string]bool) {
	components := doc["components"].(object)
	schemas := components["schemas"].(object)
	graph, reached := references(schemas), map[string]bool{}
	for key := range keep {
		walk(graph, reached, reference(key))
	}
	delete(components, "schemas")
	walk(graph, reached, doc)
	components["schemas"] = schemas
	for key := range schemas {
		if !reached[key] {
			delete(schemas, key)
		}
	}
}

// references returns for each schema the schemas that it refers to.
func references(schemas object) map[string][]string {
	graph := map[string][]string{}
	for key, schema := range schemas {
		graph[key] = referred(schema)
	}
	return graph
}

// referred returns the schemas that any part of v refers to.
func referred(v any) []string {
	var list []string
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			if key, ok := strings.CutPrefix(ref, "#/components/schemas/"); ok {
				list = append(list, key)
			}
		}
		for _, part := range v {
			list = append(list, referred(part)...)
		}
	case []any:
		for _, part := range v {
			list = append(list, referred(part)...)
		}
	case []object:
		for _, part := range v {
			list = append(list, referred(part)...)
		}
	}
	return list
}

// walk adds the schemas that v refers to, directly or through others, to reached.
func walk(graph map[string][]string, reached map[string]bool, v any) {
	queue := referred(v)
	for len(queue) > 0 {
		key := queue[0]
		queue = queue[1:]
		if !reached[key] {
			reached[key] = true
			queue = append(queue, graph[key]...)
		}
	}
}
