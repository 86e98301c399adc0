#!/usr/bin/env bash
# Sees that the browser tests have a Chromium: installs Debian's where it can, else says in one line how.
set -u
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Chromium is missing: installing it for the browser tests."
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >"$log" 2>&1; then
    exit 0
  fi
  tail -n 5 "$log"
fi
echo "Chromium is missing: the browser tests will be skipped. To run them: sudo apt-get install chromium"
[ -z "${CI:-}" ]
