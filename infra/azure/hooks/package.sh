#!/bin/sh
# Builds what is deployed, in dist/package, for the backend that DURABLE_BACKEND names: storage (default) or scheduler.
set -eu
. "$(dirname "$0")/common.sh"

need npm "install Node 20 or newer"
cd "$root"
[ -d node_modules ] || npm ci
npm run package -- --durable-backend "${DURABLE_BACKEND:-storage}"
