# make test      install what is missing, then run every test
# make test-servers  what docs/connecting.md promises of the servers of tests/servers.txt: Redis 5 to 8.2, Valkey 9 (some of them: SERVERS='redis-8.2.3 …')
# make generate  write man/, completions/ and schemas/ anew, after a flag or a field has changed
# make bookstore a throw-away Redis on port 6399, with the data of the examples in the documents (another port: BOOKSTORE_PORT=…)
# make demo      the bookstore, from filling a cache to sweeping it
# make book      docs/ as a book, into target/book (by mdBook, installed under target/mdbook where it is missing)
# make test-readme  what the README says, from `cargo install` on, in a clean copy and an empty home
# make test-bare    the same on a bare Debian, made by debootstrap; as root
# make screens   the pictures in docs/screens, from the real program in a real terminal
# make release   for x86_64 and aarch64: a tarball with a static binary, a .deb and an SBOM; checksums; under target/dist (in part: RELEASE_TARGETS=…)
# make test-release  what `make release` has made, run: the README followed with each of the binaries (aarch64: by qemu-user-static)
# make bench     side by side with what one would run instead, into benches/RESULTS.md (a quick look at one job: BENCH_KEYS=20000 BENCH_JOBS=gc)
# make bench-hits      hits a second and CPU time a hit of `memoize`, beside the Python library and others; part of make bench
# make bench-monitor   whether `stats --live` and `events` keep up with 20,000 calls a second, and what MONITOR costs the application
# make bench-chaos     a million calls of `memoize` while the server refuses, cuts, delays, kills and pauses (CACHEME_CHAOS_SEED, CACHEME_CHAOS_CALLS)
# make bench-instructions  instructions a key, against the budget in benches/instructions.txt
# make bench-nodes     what a call and a sweep cost on one server and on three primaries, into benches/NODES.md
# make bench-profile   where the time of three sweeps goes, by perf, into benches/PROFILE.md
# make deps      the Debian packages the tests need, where missing
# make venvs     the Python library, each release in an environment of its own, and what checks the examples, under target/venv

PYTHON ?= python3
CARGO ?= cargo

LIBRARIES := 0.0.9 0.1.0 0.1.1
# Another library, which is only recognised.
OTHER_LIBRARY := 0.2.0 0.2.3 0.3.0
VENV := target/venv
BOOKSTORE_PORT := 6399
SERVER_TESTS ?= cli_tags:: interop_ memoize_python:: gc_removes:: cli_purge:: cli_stats:: stats_live:: restore:: dump_living:: \
  scan_without_type:: selectors:: keys_top:: strict_scripts:: server_names:: script_refusals:: memoize_leases:: memoize_owed:: memoize_local:: doctor_local:: at_maxmemory no_room_to_note
CLUSTER_TESTS ?= deploy_cluster:: deploy_cluster_databases:: deploy_sentinel::
CYCLONEDX := 0.5.9
STEP := bash tests/step.sh
NETWORK := is there a network? Behind a proxy, set https_proxy
REQUIREMENTS := tests/python/requirements.txt
OTHER_LIBRARY_REQUIREMENTS := tests/python/other_library.txt

.PHONY: test test-servers generate demo bench bench-hits bench-monitor bench-chaos bench-instructions bench-profile bench-nodes screens release \
  bookstore bookstore-deps book test-readme test-bare test-release crates deps venvs help

help:
	@sed -n 's/^# make/make/p' Makefile

# Most tests wait: for servers that start, for what is held.
test: export RUST_TEST_THREADS ?= $(shell expr 4 '*' $$(nproc))
test: deps venvs crates
	@$(STEP) 'Building the program and its tests (the first time this takes minutes)' $(CARGO) test --workspace --all-features --no-run
	@HINT='each failed test has shown above what it did; one alone: cargo test --all-features --test it -- NAME (tests/README.md)' \
	  $(STEP) 'Running the tests' $(CARGO) test --workspace --all-features

test-servers: deps venvs crates
	@$(STEP) 'Building the program and its tests (the first time this takes minutes)' $(CARGO) test --all-features --test it --no-run
	@SERVERS='$(SERVERS)' CLUSTER_TESTS='$(CLUSTER_TESTS)' bash tests/servers.sh $(CARGO) test --quiet --all-features --test it -- $(SERVER_TESTS)

generate: crates
	@$(STEP) 'Writing man/, completions/ and schemas/' $(CARGO) run --quiet -- generate .

bookstore: bookstore-deps $(VENV)/0.0.9/stamp
	@bash examples/bookstore.sh '$(BOOKSTORE_PORT)' "$$(realpath -s '$(VENV)')/0.0.9/bin/python"

bookstore-deps:
	@PYTHON='$(PYTHON)' bash tests/deps.sh redis-server redis-cli

demo: bookstore-deps $(VENV)/0.0.9/stamp crates
	@$(STEP) 'Building the program (the first time this takes minutes)' $(CARGO) build --release
	@$(STEP) 'From filling a cache to sweeping it' bash examples/demo.sh

screens: deps $(VENV)/0.0.9/stamp crates
	@$(STEP) 'Building the program (the first time this takes minutes)' $(CARGO) build
	@$(STEP) 'Making the pictures in docs/screens' '$(PYTHON)' docs/screens/make.py target/debug/cacheme $(VENV)/0.0.9/bin/python

book:
	@[ -x target/mdbook/bin/mdbook ] || command -v mdbook >/dev/null || HINT='$(NETWORK)' \
	  $(STEP) 'Installing mdBook into target/mdbook (this takes minutes)' $(CARGO) install --quiet --locked --root target/mdbook mdbook
	@PATH="$$PWD/target/mdbook/bin:$$PATH" $(STEP) 'Making the book' mdbook build docs
	@echo 'The book is in target/book/index.html'

test-readme: bookstore-deps $(VENV)/0.0.9/stamp crates
	@CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-$$PWD/target/readme}" \
	  $(STEP) 'Following the README, from cargo install on (the first time this takes minutes)' bash tests/readme.sh

test-bare:
	@CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-$$PWD/target/bare}" bash tests/bare.sh

release: $(VENV)/release/stamp crates
	@[ "$$(target/cyclonedx/bin/cargo-cyclonedx cyclonedx --version 2>/dev/null | cut -d' ' -f2)" = '$(CYCLONEDX)' ] || HINT='$(NETWORK)' \
	  $(STEP) 'Installing cargo-cyclonedx into target/cyclonedx (this takes minutes)' \
	  $(CARGO) install --quiet --locked --root target/cyclonedx cargo-cyclonedx@$(CYCLONEDX)
	@PATH="$$PWD/$(VENV)/release/bin:$$PWD/target/cyclonedx/bin:$$PATH" CARGO='$(CARGO)' bash packaging/release.sh

test-release: bookstore-deps $(VENV)/0.0.9/stamp
	@bash tests/release.sh

bench: deps venvs crates
	@CARGO='$(CARGO)' $(STEP) 'Measuring beside what one would run instead (this takes most of an hour)' '$(PYTHON)' benches/run.py
	@CARGO='$(CARGO)' HITS_OUT="$${BENCH_OUT:-benches/RESULTS.md}" $(STEP) 'Measuring hits of memoize' bash benches/hits.sh

bench-hits: deps venvs crates
	@CARGO='$(CARGO)' $(STEP) 'Measuring hits of memoize' bash benches/hits.sh

bench-monitor: deps crates
	@$(STEP) 'Building the program (the first time this takes minutes)' $(CARGO) build --release
	@$(STEP) 'Measuring what follows MONITOR' '$(PYTHON)' benches/monitor.py

bench-chaos: deps crates
	@CACHEME_CHAOS_CALLS="$${CACHEME_CHAOS_CALLS:-1000000}" $(STEP) 'Calling memoize on a server that fails in every way' \
	  $(CARGO) test --all-features --test it -- --nocapture chaos::

bench-instructions: deps crates
	@CARGO='$(CARGO)' HINT='it needs valgrind (Debian: valgrind)' \
	  $(STEP) 'Counting instructions' '$(PYTHON)' benches/instructions.py

bench-nodes: deps crates
	@CARGO='$(CARGO)' $(STEP) 'Measuring what grows with nodes' '$(PYTHON)' benches/nodes.py

bench-profile: deps crates
	@CARGO='$(CARGO)' HINT='it needs perf (Debian: linux-perf)' $(STEP) 'Profiling' '$(PYTHON)' benches/profile.py

deps:
	@PYTHON='$(PYTHON)' bash tests/deps.sh

venvs: $(LIBRARIES:%=$(VENV)/%/stamp) $(OTHER_LIBRARY:%=$(VENV)/%/stamp) $(VENV)/kubernetes/stamp

# On their own, so that a missing network shows as what it is.
crates:
	@HINT='$(NETWORK)' $(STEP) 'Fetching the crates' $(CARGO) fetch --locked --quiet --target "$$(rustc -vV 2>/dev/null | sed -n 's/^host: //p')"

environment = @PYTHON='$(PYTHON)' bash tests/venv.sh '$(@D)' $(1)

$(VENV)/%/stamp: $(REQUIREMENTS)
	$(call environment,'cacheme $*' 'cacheme==$*' -r '$(REQUIREMENTS)')

$(OTHER_LIBRARY:%=$(VENV)/%/stamp): $(VENV)/%/stamp: $(OTHER_LIBRARY_REQUIREMENTS)
	$(call environment,'cacheme $*' --no-deps 'cacheme==$*' -r '$(OTHER_LIBRARY_REQUIREMENTS)')

# It brings the schemas of Kubernetes along: nothing is fetched when it checks.
$(VENV)/kubernetes/stamp: tests/python/kubernetes.txt
	$(call environment,kubernetes-validate -r tests/python/kubernetes.txt)

$(VENV)/release/stamp: packaging/requirements.txt
	$(call environment,'zig (the linker for every target)' --require-hashes -r packaging/requirements.txt)
