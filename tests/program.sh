#!/usr/bin/env bash
# program.sh PACKAGE TESTS COMMAND...: sees that these tests have one of the commands: installs Debian's package where
# it can, else says in one line how; in CI it fails then.
set -u
package=$1 tests=$2
shift 2
for name in "$@"; do
  if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "$package is missing: installing it for the $tests tests."
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"; } >"$log" 2>&1; then
    exit 0
  fi
  tail -n 5 "$log"
fi
echo "$package is missing: the $tests tests will be skipped. To run them: sudo apt-get install $package"
[ -z "${CI:-}" ]
