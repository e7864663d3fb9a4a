#!/bin/sh
# install-deps.sh demo|test|bench
#
# Installs the Debian packages that the demo, the tests or the benchmarks need, and says which. Says nothing when all are there.
# Postfix is installed as "Local only" and not started; one that is installed already is not touched.
set -eu

demo="postfix postfix-pcre openssl poppler-utils"
tests="$demo bzip2 xz-utils zstd chromium fonts-dejavu-core gnupg p7zip-full qpdf procps python3 systemd"
case ${1-} in
demo) want=$demo ;;
bench) want="$demo pflogsumm" ;;
test) want=$tests; command -v npm >/dev/null || want="$want nodejs npm" ;;
*) echo "usage: install-deps.sh demo|test|bench" >&2; exit 2 ;;
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
[ -n "$missing" ] || exit 0

echo "Installing with apt-get:$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "install-deps: needs root or sudo to install:$missing" >&2; exit 2; }
	sudo=sudo
fi

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
