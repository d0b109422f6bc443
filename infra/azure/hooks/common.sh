# shellcheck shell=sh
# What the hooks share; sourced by them. Each runs from any folder, by azd or by hand.

root=$(cd "$(dirname "$0")/../../.." && pwd)

fail() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# need PROGRAM WHY
need() {
  command -v "$1" >/dev/null || fail "$1 is not there ($2)"
}

# need_value NAME HOW: the variable must be set. azd sets those that are outputs of main.bicep.
need_value() {
  eval "[ -n \"\${$1:-}\" ]" || fail "$1 is not set ($2)"
}
