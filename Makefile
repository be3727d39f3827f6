# netrial: `make run` does the main job, `make test` runs the tests; each sets up what it needs, once.
# PYTHON may name an interpreter (3.11 or later); ARGS is handed on to `netrial run`, to pytest and to the benchmark.

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
ARGS ?=
INSTALL := -m pip install --quiet --disable-pip-version-check
RESOLVE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help run test check docs notebooks setup lock bench clean

help:  ## Say what each target does.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: $(READY)  ## Compare four ways of using the network against obesity in a town of 10,000; prints where the report is.
	@$(BIN)/netrial run obesity $(ARGS)

test: $(DEV_READY)  ## Run the tests, on all cores.
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

check: $(DEV_READY)  ## Check lint, format and types.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(DEV_READY)  ## Build the documentation; prints where it is.
	@$(BIN)/python -m sphinx -E -W --keep-going -q docs docs/_build/html
	@echo docs/_build/html/index.html

setup: $(DEV_READY)  ## Set up .venv with all dependencies, for tests and docs too, pinned by hash.

notebooks: $(DEV_READY)  ## Run the tutorials and write their notebooks anew.
	@$(BIN)/python docs/tutorials/execute.py

bench: $(READY) $(BENCH_READY)  ## Measure netrial beside its peers and write benchmarks/RESULTS.md (about 70 minutes).
	@$(BIN)/python -m benchmarks.compare --bench-python $(BENCH)/bin/python $(ARGS)

$(READY): requirements.lock pyproject.toml
	@set -e; \
	for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "netrial needs Python 3.11 or later; name one: make setup PYTHON=/path/to/python" >&2; exit 1; fi; \
	echo "Setting up $(VENV) with $$("$$found" --version) (once; about a minute)…"; \
	"$$found" -m venv --clear $(VENV); \
	$(BIN)/python $(INSTALL) --require-hashes -r requirements.lock; \
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation -e .; \
	touch $(READY)

$(DEV_READY): requirements-dev.lock $(READY)
	@echo "Adding what tests, docs and notebooks need (once; about a minute)…"
	@$(BIN)/python $(INSTALL) --require-hashes -r $<
	@touch $@

$(BENCH_READY): benchmarks/requirements-bench.lock $(READY)
	@echo "Setting up $(BENCH) with the peers of the benchmark (once; about a minute)…"
	@$(BIN)/python -m venv --clear $(BENCH)
	@$(BENCH)/bin/python $(INSTALL) --require-hashes -r $<
	@touch $@

lock:  ## Resolve the dependencies again and write all lock files (for maintainers).
	@python3 -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip install --quiet uv
	@$(RESOLVE) --upgrade --extra dev pyproject.toml -o requirements-dev.lock
	@$(RESOLVE) --upgrade --constraints requirements-dev.lock --extra editable pyproject.toml -o requirements.lock
	@$(RESOLVE) --upgrade benchmarks/requirements-bench.in -o benchmarks/requirements-bench.lock
	@rm -rf .venv-lock

clean:  ## Remove the set-up and all caches; results stay.
	@rm -rf $(VENV) $(BENCH) .venv-lock docs/_build .mypy_cache .ruff_cache .hypothesis .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
