# Postvagt. "make demo" shows it, "make test" proves it; both install what they need (Debian 12, Go 1.26).
.POSIX:
.DELETE_ON_ERROR:
.PHONY: help build pictures demo demo-check test test-mtas kibana-check lint bench pgo soak deb clean deps-demo deps-test deps-mtas deps-bench

GO = go
GOTESTSUM = $(GO) run gotest.tools/gotestsum@v1.13.0
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
TESTFLAGS =
FUZZTIME = 10m
export CGO_ENABLED = 0

help:
	@echo "make demo         see it work: a private Postfix, 60 mails, the dashboard; ends with Ctrl-C"
	@echo "make demo-check   the same, checked against the known answers"
	@echo "make build        bin/postvagt-milter and bin/postvagt-agent"
	@echo "make test         all tests, with the real servers"
	@echo "make test-mtas    the stories on Postfix, Sendmail and rspamd, and of the packages"
	@echo "make kibana-check KIBANA_URL=...  the dashboards in a real Kibana, against known figures"
	@echo "make lint         gofmt, vet, staticcheck, who may import whom"
	@echo "make bench        speed, on this machine"
	@echo "make pgo          measure anew where the milter spends its time, for the compiler"
	@echo "make soak         what takes hours: every fuzz target for FUZZTIME (10m), 500 kills, 20,000 messages against a truth"
	@echo "make deb          the packages for amd64 and arm64, in dist/"

build:
	@echo "Building; the first time takes minutes."
	$(GO) build -trimpath -o bin/ ./milter/cmd/... ./agent/cmd/...

# Postfix starts its programs as a user of its own, so the demo needs root.
AS_ROOT = $$([ "$$(id -u)" = 0 ] || echo sudo)

demo: bin/demo
	@$(AS_ROOT) bin/demo -bin bin

demo-check: bin/demo
	@$(AS_ROOT) bin/demo -bin bin -check

bin/demo: deps-demo build
	@$(GO) build -o $@ ./packaging/demo

test: deps-test
	$(GOTESTSUM) --format pkgname -- -timeout 40m $(TESTFLAGS) ./...

# Stories that need more than Postfix have the build tag mtas; the target runs those that are named TestMTA… or TestPackage….
test-mtas: deps-mtas
	$(GOTESTSUM) --format pkgname -- -tags mtas -count=1 -timeout 40m $(TESTFLAGS) -run '^Test(MTA|Package|TruthSendmail)' ./packaging/e2e/... ./milter/sendmail

# Imports the dashboards into a real Kibana, exports and compares them, puts known transmissions of January 1999 into its
# Elasticsearch, opens every dashboard in Chromium and compares what the panels show; then the transmissions go again. With
# security on: KIBANA_USERNAME and KIBANA_PASSWORD, or KIBANA_API_KEY; KIBANA_CA names the file of an authority.
kibana-check: deps-test
	@[ -n "$(KIBANA_URL)" ] || { echo "which Kibana? make kibana-check KIBANA_URL=https://kibana.example:5601" >&2; exit 2; }
	KIBANA_URL=$(KIBANA_URL) $(GO) test -count=1 -v -tags kibana -timeout 40m -run '^TestKibanaCheck$$' ./agent/elastic

lint:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt-ed:"; echo "$$out"; exit 1; fi
	$(GO) vet -tags mtas,kibana ./...
	$(STATICCHECK) -tags mtas,kibana ./...
	$(GO) test -run '^TestHouse' ./packaging/e2e

bench: deps-bench
	$(GO) run ./packaging/bench

# What the compiler is told of where the milter spends its time, measured anew.
pgo:
	GO="$(GO)" packaging/pgo.sh

# What takes too long for every change. A line of its own for each kind.
soak: deps-test deps-mtas
	packaging/fuzz.sh $(FUZZTIME)
	POSTVAGT_KILLS=500 $(GO) test -count=1 -timeout 60m -run '^TestKilled' ./agent
	POSTVAGT_MESSAGES=20000 $(GO) test -count=1 -timeout 120m -run '^TestTruth$$' ./packaging/e2e
	POSTVAGT_MESSAGES=5000 $(GO) test -tags mtas -count=1 -timeout 120m -run '^TestTruthSendmail$$' ./packaging/e2e
	POSTVAGT_TRANSMISSIONS=200000 $(GO) test -count=1 -timeout 60m -run '^TestQuestionsTellWhatHappened$$|^TestBothStoresGiveTheSameNumbers$$' ./agent/elastic
	POSTVAGT_SOAK=1000 $(GO) test -count=1 -timeout 180m -run '^TestMilterSurvivesKills$$' ./packaging/e2e
	POSTVAGT_SOAK=1000 $(GO) test -tags mtas -count=1 -timeout 180m -run '^TestMTASendmail(SurvivesKills|ManyDomains)$$' ./packaging/e2e

# The version is that of packaging/deb/changelog.
deb:
	GO="$(GO)" packaging/mkdeb

clean:
	rm -rf bin dist packaging/e2e/browser/node_modules

deps-demo:
	@packaging/install-deps.sh demo

deps-test: packaging/e2e/browser/node_modules/.package-lock.json
	@packaging/install-deps.sh test

packaging/e2e/browser/node_modules/.package-lock.json: packaging/e2e/browser/package-lock.json
	@packaging/install-deps.sh test
	@cd packaging/e2e/browser && npm ci --no-audit --no-fund --loglevel=error

deps-mtas:
	@packaging/install-deps.sh mtas

deps-bench:
	@packaging/install-deps.sh bench

# The picture of the README is dist/pictures/dashboard.png of a run.
pictures: deps-test
	mkdir -p dist/pictures
	POSTVAGT_PICTURES=$(CURDIR)/dist/pictures $(GO) test -count=1 -run '^TestDemo$$' ./packaging/e2e
