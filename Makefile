# Two commands matter to a newcomer: `make demo` and `make test`. Each sets up what it needs, once.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
# Not the links in node_modules/.bin: some versions of npm make none for these.
ANVIL := node node_modules/@foundry-rs/anvil/bin.mjs
FORGE := node node_modules/@foundry-rs/forge/bin.mjs
STAMPS := .cache/stamps
# Random tests cost something else each time.
GAS := --no-match-test 'testFuzz|invariant' --snap tests/contracts/.gas-snapshot

.PHONY: help demo demo-besu test bench campaign measure-network verify-contracts lint format compile gas setup engine frameworks lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMPS)/run ## four hospitals, one study, on a running chain
	$(BIN)/charter demo

demo-besu: $(STAMPS)/engine ## the same on four validators of the hospitals' own (needs Besu: BESU_HOME or PATH)
	$(BIN)/charter demo --network besu

# What starts many programs at once and needs both cores.
TOGETHER := tests/network tests/frameworks

test: lint ## everything that CI runs
	$(BIN)/python -m deploy.compile --check
	$(FORGE) test
	$(FORGE) snapshot $(GAS) --check
	$(BIN)/python -m tests.gas --check
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(TOGETHER:%=--ignore %)
	$(BIN)/python -m pytest $(TOGETHER)

bench: $(STAMPS)/develop ## measurements, as a table and as tests/benchmarks/results.json
	$(BIN)/python -m tests.benchmarks

campaign: $(STAMPS)/engine ## faults of validators and lying endpoints in full number, as tests/network/campaign.md
	CHARTER_REQUIRE="besu faketime" CHARTER_KILLS=20 CHARTER_REPORT=tests/network/campaign.md \
		CHARTER_GATE_SCENARIOS=all $(BIN)/python -m pytest tests/network/test_faults.py tests/network/test_gate.py

# STEPS="cost" or "throughput" runs one of them; the report keeps what the other showed last.
measure-network: $(STAMPS)/engine ## an hour of what a network costs and how much it takes, as tests/network/measured.md
	$(BIN)/python -m tests.network.measuring $(STEPS)

# STEPS="fuzz coverage" runs these alone; the report keeps what the others showed last.
verify-contracts: $(STAMPS)/verify ## hours of looking for a flaw, as tests/verification/report.md
	$(BIN)/python -m tests.verification $(STEPS)

lint: $(STAMPS)/develop ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(FORGE) fmt --check

format: $(STAMPS)/develop ## rewrite Python and Solidity in the house's style
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(FORGE) fmt

compile: $(STAMPS)/develop ## contracts to deploy/artifacts and governance/abi
	$(BIN)/python -m deploy.compile

gas: $(STAMPS)/develop ## what acts cost beside the usual parts, as docs/gas.md, and each contract test, as a snapshot
	$(FORGE) snapshot $(GAS)
	$(BIN)/python -m tests.gas

setup: $(STAMPS)/develop ## all packages, and nothing else

engine: $(STAMPS)/engine ## a Java for Besu, which the tests of networks need beside Besu itself

frameworks: $(STAMPS)/frameworks ## Flower and NVFlare, which tests/frameworks and the examples with them need

lock: ## choose newer versions of the Python packages
	$(PYTHON) -m venv .cache/lock
	.cache/lock/bin/python -m pip install --quiet uv
	$(call resolve,requirements.lock,$(PROJECT) --extra demo --extra consent --extra readiness)
	$(call resolve,requirements-dev.lock,$(PROJECT) --extra demo --extra consent --extra readiness --extra dev --constraint requirements.lock)
	$(call resolve,requirements-verify.lock,--group verify)
	$(call resolve,requirements-frameworks.lock,$(PROJECT) --extra demo --extra flower --extra nvflare)
	$(call resolve,requirements-engine.lock,$(PROJECT) --extra engine --constraint requirements-dev.lock)

clean: ## back to a fresh clone
	rm -rf .venv .cache node_modules demo-out build

# --- what the targets stand on -----------------------------------------------------------------

PROJECT := pyproject.toml --group build
# The locks hold files for every platform and Python version, and name no place to fetch them from.
define resolve
	.cache/lock/bin/uv pip compile $(2) --upgrade --quiet --universal \
		--python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --output-file $(1)
endef

define install
	$(or $(2),$(BIN))/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(1)
	$(or $(2),$(BIN))/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endef

$(STAMPS)/run: requirements.lock pyproject.toml $(STAMPS)/venv $(STAMPS)/node
	$(call install,requirements.lock)
	@touch $@

$(STAMPS)/develop: requirements-dev.lock $(STAMPS)/run
	$(call install,requirements-dev.lock)
	@touch $@

# The Java that Besu needs, where the machine has none.
$(STAMPS)/engine: requirements-engine.lock $(STAMPS)/develop
	$(call install,requirements-engine.lock)
	@touch $@

# What analyses the contracts wants an older web3 than we do, hence an environment of its own.
$(STAMPS)/verify: requirements-verify.lock $(STAMPS)/develop
	$(PYTHON) -m venv .cache/verify/venv
	.cache/verify/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements-verify.lock
	@touch $@

# Flower wants an older rich than we lock, and both bring sixty packages that nobody else needs.
$(STAMPS)/frameworks: requirements-frameworks.lock $(STAMPS)/run
	$(PYTHON) -m venv .cache/frameworks
	$(call install,requirements-frameworks.lock,.cache/frameworks/bin)
	@touch $@

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Swarm Charter needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@mkdir -p $(@D) && touch $@

$(STAMPS)/node: package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null \
		|| { echo "Swarm Charter needs Node 20 or newer on the PATH." >&2; exit 1; }
	npm ci --no-progress
	@$(ANVIL) --version >/dev/null \
		|| { echo "There is no chain program (anvil) for this kind of machine; use Linux on x86-64." >&2; exit 1; }
	@mkdir -p $(@D) && touch $@
