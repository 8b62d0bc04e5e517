#!/usr/bin/env bash
# Builds decK, the referee of test/peers, into tools/deck/bin/deck unless that version is there; needs Go and, the first time, about ten minutes.
set -euo pipefail
cd "$(dirname "$0")"
version=$(go list -m -f '{{.Version}}' github.com/kong/deck)
if [[ "$(bin/deck version 2>/dev/null)" == "decK $version "* ]]; then exit 0; fi
go build -ldflags "-s -w -X github.com/kong/deck/cmd.VERSION=$version" -o bin/deck github.com/kong/deck
