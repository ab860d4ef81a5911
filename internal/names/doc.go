// Package names has the names of all operations and schemas of the RingCX API that are
// known: those of openapi.yaml and those that openapi.yaml does not have yet. They are
// settled in advance, so that a later version of openapi.yaml renames nothing.
//
// The names are in two tables, and a third has the types of values in samples. They are edited
// by hand. Fields are separated by a tab, and the first line is the head.
//
// # operations.tsv
//
// One line is one operation, in ascending order of family, path and method. It has the
// columns
//
//   - family: the tag of the operation. Without spaces it is the name of the service.
//   - method, path: the method and the path template.
//   - operationId: our operationId, a verb and a noun.
//   - official: the operationId of the published specification, if it differs.
//   - service: service and method, as in x-service. It is empty for the three operations
//     that package ringcx calls itself.
//   - source: "published" if the published specification has the operation, else "guide".
//   - typed: "yes" if openapi.yaml has the operation or is about to get it.
//   - why: why the operation is not typed.
//   - body, body schema: the Content-Type and the schema of the request body.
//   - status: the statuses of success, in ascending order.
//   - content, schema: the Content-Type and the schema of a success that has a body.
//   - path parameters: name:type in the order of the path; the type is PathID or integer.
//   - query, headers: name:type, with "!" if it is required and "*" if it is a secret.
//     Secrets are in the query of RingCX. openapi.yaml sends them in a form instead.
//   - paging: the parameters for the page and the number of rows, then the number of the
//     first page if it is documented.
//   - permission: as in x-permission. "+" means and, "|" means or.
//   - limits: number/seconds. Without one, the limit is 120 requests in a minute.
//   - idempotent: "yes" for a POST that may be sent again.
//   - deprecated: "yes" if the published specification says so.
//   - served: who responds in the fake. It is "engine" (resources with state), "table"
//     (the engine with an entry for this operation), "hand" or "example".
//   - observed: "documented" or "inferred", as in x-observed.
//
// The schema of a column is the name of a schema, a plain type (string, integer, boolean,
// object), "binary" for the bytes of a file, or "file" for a form with a file. A schema in
// brackets is an array of it, and map[…] is an object with any keys.
//
// # schemas.tsv
//
// One line is one schema. It has the columns
//
//   - name: our name. Several lines have the same name if openapi.yaml has one schema for
//     them. A name in brackets is an array and is no component in openapi.yaml.
//   - official: the name in the source, if it differs.
//   - source: "published", "guide", "own" (openapi.yaml made it) or "element" (the element
//     of a collection of which the published specification lacks the fields).
//   - members: how many fields the source lists.
//   - cyclic: "yes" if the schema refers to itself through others.
//   - id: name:type of the field with the id, if the schema is a resource.
//   - fields: how many fields have a plain type, kind:number.
//   - references: the fields with another schema, name:schema by the names of the source.
//     A schema in brackets is an array, and map[…] is an object with any keys. The
//     reference of a schema that is itself an array is called "items"; arrays without one
//     have elements of which the source says nothing.
//
// # observed.tsv
//
// One line is one value in the JSON samples of the developer guide that belong to a typed
// operation, in ascending order. It has the columns
//
//   - operation: our operationId. It is empty if the body is a schema.
//   - body: "request", "response", or a schema: of errors, which belong to any operation, and
//     of a field whose sample belongs to an operation that is not typed.
//   - pointer: the place of the value: "/name" is a field, "/{}" the values of an
//     object with any keys, "[]" the elements of an array.
//   - types: the JSON types seen, in ascending order. A string is further "string(digits)",
//     "string(date)" (2026-03-01 10:00:00, without an offset), "string(rfc3339)", or
//     "string(time+0000)" (2026-03-01T10:00:00.000+0000), if it has such a format.
package names
