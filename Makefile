# `make` alone lists the targets. With KUBECONFIG set, everything uses that cluster; otherwise a local one is made.
PYTHON3 ?= python3
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
LOCK := $(shell sha256sum requirements/dev.lock | cut -c1-16)
INSTALLED := $(VENV)/.installed-$(LOCK)
OUT := .out
# The cluster without nodes that integration tests and benchmarks use beside the full one.
INTEGRATION := triad-it
BENCH := triad-bench
ARGS ?=
DURATION ?= 180
SEED ?=
export DURATION SEED

include deploy/local/local.mk

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv: $(INSTALLED) ## .venv with the locked dependencies

# Named by the lock's content, so that a changed lock is installed and an unchanged one costs nothing.
$(INSTALLED):
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; PYTHON3=... picks another")'
	@$(PYTHON3) -c 'import ensurepip' 2>/dev/null || { echo "python3 cannot make virtual environments here: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing the locked dependencies into $(VENV)" >&2
	@test -x $(BIN)/python || $(PYTHON3) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements/dev.lock
	@rm -f $(VENV)/.installed-*
	@touch $@

.PHONY: lint
lint: venv ## ruff, mypy (strict), import-linter, file lengths
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@long=$$(find . \( -path ./$(VENV) -o -path ./.git -o -path ./$(OUT) \) -prune -o \( -name '*.py' -o -name '*.j2' \) -exec awk 'END {if (NR > 400) print FILENAME ": " NR " lines, 400 at most"}' {} \;); \
	if [ -n "$$long" ]; then echo "$$long" >&2; exit 1; fi

.PHONY: format
format: venv ## Put the formatting right
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: unit
unit: venv ## Unit tests alone: no cluster, no network
	$(BIN)/python -m pytest tests/unit $(ARGS)

# Runs a command with KUBECONFIG set to a cluster without nodes, which is taken down again
# if it was not there before. $(1): the cluster's name, $(2): the command.
define on_control_plane
if [ -z "$${KUBECONFIG:-}" ]; then \
	if ! CLUSTER=$(1) $(PYTHON3) -m deploy.local kubeconfig >/dev/null 2>&1; then trap 'CLUSTER=$(1) $(MAKE) -s cluster-down >&2' EXIT; fi; \
	KUBECONFIG=$$($(MAKE) -s --no-print-directory cluster PARTS=control-plane CLUSTER=$(1)); export KUBECONFIG; \
fi; \
$(2)
endef

.PHONY: integration
integration: venv ## Integration tests: a real API server without nodes
	@$(call on_control_plane,$(INTEGRATION),$(BIN)/python -m pytest tests/integration $(ARGS))

.PHONY: test
test: unit integration ## Unit and integration tests, with all set-up

.PHONY: install
install: venv ## The three operators, by their manifests, onto the cluster
	$(BIN)/python -m deploy.install

.PHONY: demo
demo: venv ## A cluster, the operators, three applications created and resized while you watch
	@$(BIN)/python -m deploy.demo $(ARGS)

.PHONY: e2e
e2e: venv ## End-to-end tests with the real applications
	$(BIN)/python -m pytest tests/e2e --timeout=1800 $(ARGS)

.PHONY: chaos
chaos: venv ## Random pods die for DURATION seconds (SEED) while clients write
	@$(BIN)/python -m tests.chaos $(ARGS)

.PHONY: bench
bench: venv ## Scale benchmarks on a cluster without nodes, as JSON
	@$(call on_control_plane,$(BENCH),$(BIN)/python -m tests.bench $(ARGS))

.PHONY: lock
lock: ## Make the lock files anew from pyproject.toml (needs uv)
	uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 --universal pyproject.toml -o requirements/runtime.lock
	uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 --universal --extra dev -c requirements/runtime.lock pyproject.toml -o requirements/dev.lock

.PHONY: clean
clean: ## Remove what was made in the tree (not the cache, not a running cluster)
	rm -rf $(VENV) $(OUT) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
