//go:build tools

// The blank import keeps the code generator in go.mod, the one place that names
// its version. Nothing builds this file.
package ringcx

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
