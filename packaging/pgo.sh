#!/bin/sh
# pgo.sh
#
# Measures where the milter spends its time, with the benchmarks of the scanner, the mail reader and the milter, and writes it to
# milter/cmd/postvagt-milter/default.pgo, which the Go compiler reads when it builds the milter (https://go.dev/doc/pgo). Worth
# running again when the scanner has changed much; an old profile makes nothing wrong, only slower.
set -eu
go=${GO:-go}
out=$PWD/milter/cmd/postvagt-milter/default.pgo
dir=$(mktemp -d /tmp/pgo.XXXXXX)
trap 'rm -rf "$dir"' EXIT

profile() { # PACKAGE BENCHMARKS TIME
	name=$(basename "$1")
	$go test -trimpath -pgo=off -c -o "$dir/$name.test" "$1"
	(cd "$1" && "$dir/$name.test" -test.run '^$' -test.bench "$2" -test.benchtime "$3" -test.cpuprofile "$dir/$name.prof")
}
profile ./rules/detect '^BenchmarkScan(Plain|Dense|Mail)$' 5s
profile ./milter '^BenchmarkSession$' 5s
profile ./milter/message '^Benchmark(Text.*|Docx200KB|Zip10MB|PDF)$' 2s
$go tool pprof -proto "$dir"/*.prof >"$out"
