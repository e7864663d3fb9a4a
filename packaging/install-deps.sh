#!/bin/sh
# install-deps.sh demo|test|mtas|bench
#
# Installs the Debian packages that the demo, the tests or the benchmarks need, and says which. Says nothing when all are there.
# Postfix is installed as "Local only" and not started; one that is installed already is not touched.
# Sendmail and Postfix exclude each other as packages: for mtas, Sendmail is unpacked into dist/sendmail and not installed.
# The tests also get an Elasticsearch, by Maven, into $POSTVAGT_ELASTICSEARCH (default /var/tmp/postvagt-elasticsearch):
# 930 MB are loaded once, 120 MB stay.
# mtas also makes the root of a Debian 12 host, from apt's mirror, into $POSTVAGT_DEBIAN (default /var/tmp/postvagt-debian): 160 MB.
set -eu

demo="postfix postfix-pcre openssl poppler-utils"
tests="$demo bzip2 xz-utils zstd chromium fonts-dejavu-core gnupg p7zip-full qpdf procps prometheus python3 rsyslog systemd default-jre-headless maven"
mtas="$tests opendkim rspamd lintian m4 libwrap0 libldap-2.5-0 libnsl2 mmdebstrap"
case ${1-} in
demo) want=$demo ;;
bench) want="$demo pflogsumm prometheus-postfix-exporter rspamd default-jre-headless maven" ;;
test) want=$tests; command -v npm >/dev/null || want="$want nodejs npm" ;;
mtas) want=$mtas ;;
*) echo "usage: install-deps.sh demo|test|mtas|bench" >&2; exit 2 ;;
esac

if ! command -v go >/dev/null; then
	echo "install-deps: no Go here: install Go 1.26 or later (go.dev/dl), and put it on the PATH" >&2
	exit 2
fi

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

missing=
for package in $want; do
	installed "$package" || missing="$missing $package"
done
sendmail=$(cd "$(dirname "$0")/.." && pwd)/dist/sendmail
unpack=
if [ "$1" = mtas ] && [ ! -x "$sendmail/usr/libexec/sendmail/sendmail" ]; then unpack=yes; fi
elasticsearch() {
	version=8.19.13
	base=${POSTVAGT_ELASTICSEARCH-/var/tmp/postvagt-elasticsearch}
	home=$base/elasticsearch-$version
	[ ! -e "$home/.ready" ] || return 0
	echo "Loading Elasticsearch $version with Maven; this takes minutes, once."
	mkdir -p "$base"
	work=$(mktemp -d "$base/load.XXXXXX")
	if ! mvn -B -q -Dmaven.repo.local="$work/repository" -f "$(dirname "$0")/e2e/kit/elasticsearch/pom.xml" -Des.dest="$work/out" dependency:unpack@default-cli >"$work/log" 2>&1; then
		tail -n 20 "$work/log" >&2
		echo "install-deps: Maven failed; all it said is in $work/log" >&2
		rm -rf "$work/repository" "$work/out"
		exit 1
	fi
	# A pattern only finds what is there: the folder first, then what is made in it.
	unpacked=$(echo "$work"/out/sonarqube-*/elasticsearch)
	mkdir -p "$unpacked/plugins"
	touch "$unpacked/.ready"
	chmod -R a+rX "$base" "$work"
	mv "$unpacked" "$home" 2>/dev/null || [ -e "$home/.ready" ] # another run was faster
	rm -rf "$work"
}

more() {
	case $1 in test | mtas | bench) elasticsearch ;; esac
	[ "$1" != mtas ] || $sudo "$(dirname "$0")/e2e/kit/mkdebian" "${POSTVAGT_DEBIAN-/var/tmp/postvagt-debian}"
}

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
if [ -z "$missing$unpack" ]; then
	more "$1"
	exit 0
fi

unpack_sendmail() {
	debs=$(mktemp -d)
	fetch() { (cd "$debs" && apt-get download -q sendmail-bin sendmail-base sendmail-cf) >"$debs/log" 2>&1; }
	fetch || { $sudo apt-get update -q >/dev/null 2>&1 && fetch; } || {
		tail -n 20 "$debs/log" >&2
		echo "install-deps: apt-get download failed: the packages of Sendmail are needed" >&2
		exit 1
	}
	rm -rf "$sendmail.new"
	mkdir -p "$sendmail.new"
	for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$sendmail.new"; done
	rm -rf "$sendmail" "$debs"
	mv "$sendmail.new" "$sendmail"
	echo "Unpacked Sendmail into $sendmail."
}

if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
	echo "install-deps: needs root or sudo to install:$missing" >&2
	exit 2
fi
if [ -z "$missing" ]; then
	unpack_sendmail
	more "$1"
	exit 0
fi
echo "Installing with apt-get:$missing"

# A package may not start a server of its own here. Where nobody has said so yet, say so for the while.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$sudo rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
fi
if ! installed postfix; then
	echo "postfix postfix/main_mailer_type select Local only" | $sudo debconf-set-selections
fi

log=$(mktemp)
if ! {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
} </dev/null >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "install-deps: apt-get failed; all it said is in $log" >&2
	exit 1
fi
rm -f "$log"
echo "Installed."
[ -z "$unpack" ] || unpack_sendmail
more "$1"
