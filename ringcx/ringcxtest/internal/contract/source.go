package contract

// JSON returns the JSON of the operation. The caller must not change it.
func (o *Operation) JSON() []byte { return o.json }

// PathParameters returns the JSON of the parameters that all operations of the path have, or
// nil. The caller must not change it.
func (o *Operation) PathParameters() []byte { return o.shared }

// Component returns the JSON of a component, for example of the kind "schemas" and the name
// "User", or nil. The caller must not change it.
func (d *Document) Component(kind, name string) []byte { return d.components[ref{kind, name}] }
