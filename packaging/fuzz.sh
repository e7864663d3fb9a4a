#!/bin/sh
# fuzz.sh TIME [PACKAGE…]
#
# Runs every fuzz target of the packages (default: all) for TIME, one after the other, and goes on after a finding. What was found lies
# below testdata/fuzz of its package, fails there until it is mended, and guards against its return afterwards.
# Exit 1 after findings.
set -u
time=${1:?usage: fuzz.sh TIME [PACKAGE...]}
shift
[ $# -gt 0 ] || set -- ./...
go=${GO:-go}

found=0
for package in $($go list "$@"); do
	dir=$($go list -f '{{.Dir}}' "$package")
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$dir"/*_test.go 2>/dev/null); do
		echo "$package $target"
		# One worker: what an extractor may use of memory and time is bounded for each, and the machine has other things to do.
		$go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1s -parallel 1 || found=1
	done
done
exit $found
