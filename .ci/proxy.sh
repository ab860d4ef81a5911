#!/usr/bin/env bash
# Uses the committed code as other people do: through a module proxy, without replace
# directives. A new program imports the packages with "go get", and "go install" builds the
# command.
set -euo pipefail
cd "$(dirname "$0")/.."

module=github.com/ringcx-go/ringcx-go
version=v0.0.1-ci$(git rev-parse --short=12 HEAD)
work=$(mktemp -d)
cache=$(go env GOMODCACHE)
cleanup() {
	for copy in "$cache/$module@$version" "$cache/cache/download/$module/@v/$version".*; do
		if [ -e "$copy" ]; then chmod -R u+w "$copy" && rm -rf "$copy"; fi
	done
	rm -rf "$work"
}
trap cleanup EXIT

# The directory of a module proxy. A module zip has no nested modules.
served=$work/proxy/$module/@v
mkdir -p "$served" "$work/program"
git archive --format=zip --prefix="$module@$version/" -o "$served/$version.zip" HEAD -- . ':!bench' ':!otel' ':!stores'
git show HEAD:go.mod >"$served/$version.mod"
echo "{\"Version\": \"$version\"}" >"$served/$version.info"
echo "$version" >"$served/list"
export GOPROXY="file://$work/proxy,$(go env GOPROXY)" GONOSUMDB="$module" GOBIN="$work/bin"

cd "$work/program"
go mod init example.com/program
cat >main.go <<EOF
package main

import (
	_ "$module/gen"
	_ "$module/ringcx"
	_ "$module/ringcx/filestore"
	_ "$module/ringcx/redisstore"
	_ "$module/ringcx/ringcxtest"
	_ "$module/ringcx/sqlstore"
	_ "$module/ringcx/storetest"
	_ "$module/wire"
)

func main() {}
EOF
go get "$module@$version"
go mod tidy
go build -o program .
go install "$module/cmd/ringcx@$version"
"$work/bin/ringcx" demo >/dev/null
echo "go get and go install of $version work"
