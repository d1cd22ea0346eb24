#!/usr/bin/env bash
# Installs the npm packages of the interoperability tests, if they changed.
set -euo pipefail
cd "$(dirname "$0")"

[ -f package.json ] || exit 0
cmp -s package.json node_modules/.installed.json && exit 0
npm install --no-audit --no-fund --no-package-lock --loglevel=error
cp package.json node_modules/.installed.json
