//go:build tools

// The blank import keeps the code generator and its version in go.mod. This file is
// never built.
package ringcx

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
