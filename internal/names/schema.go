package names

import "strings"

// Schema is a line of schemas.tsv. The package comment describes the columns.
type Schema struct {
	// Name is our name without brackets.
	Name string
	// Array reports whether the schema is an array of Name.
	Array bool
	// Official is the name in the source. It is never empty.
	Official string
	// Source is "published", "guide", "own" or "element".
	Source string
	// Members is how many fields the source lists.
	Members int
	// Cyclic reports whether the schema refers to itself through others.
	Cyclic bool
	// ID is the field with the id. Its name is empty if the schema is not a resource.
	ID Param
	// Fields is how many fields have a plain type.
	Fields []Count
	// References is the fields with another schema, by the names of the source.
	References []Param
}

// Count is a number of fields.
type Count struct {
	// Kind is "string", "integer", "number", "boolean", "time", "enum", "byte" (declared as
	// bytes, an integer on the wire), "secret", "object" (any JSON), "strings" or
	// "integers" (arrays).
	Kind string
	// N is how many fields are of this kind.
	N int
}

// Schemas returns all schemas in ascending order of their names.
func Schemas() []Schema {
	rows := table(schemasTable)
	list := make([]Schema, len(rows))
	for i, row := range rows {
		list[i] = schema(row)
	}
	return list
}

func schema(row map[string]string) Schema {
	s := Schema{
		Name: strings.Trim(row["name"], "[]"), Array: strings.HasPrefix(row["name"], "["),
		Official: row["official"], Source: row["source"], Members: number(row["members"]),
		Cyclic: row["cyclic"] == "yes", References: params(row["references"]),
	}
	if s.Official == "" {
		s.Official = s.Name
	}
	for _, id := range params(row["id"]) {
		s.ID = id
	}
	for _, p := range params(row["fields"]) {
		s.Fields = append(s.Fields, Count{Kind: p.Name, N: number(p.Type)})
	}
	return s
}
