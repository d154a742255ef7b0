# Everything sets itself up: `make demo` and `make test` work on a fresh checkout
# with Python 3.11 or later, make and a package index.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Some images set it: each test run would then compile all of itself four times.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXAMPLES := examples/greet examples/pipeline examples/backup examples/links
comma := ,
LINTED := src tests tools benchmarks examples

# A stamp is newer than what it was made from, or it is made again.
BASE := $(VENV)/.base
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

# Old pips write console scripts that import `re`, which costs every start.
$(BASE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "runspec needs Python 3.11 or later, and '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1). Say which: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(RUNTIME): $(BASE) pyproject.toml $(EXAMPLES:%=%/pyproject.toml)
	$(BIN)/python -m pip install --quiet $(addprefix --editable ,. $(EXAMPLES))
	@touch $@

$(DEV): $(RUNTIME) pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

.PHONY: help demo wheel test pythons checks lint types layers generated docs bench \
	regressions startup discovery printing serve recipes jump pytest fuzz generate \
	examples format clean

help:  ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(RUNTIME)  ## The main job on real input, step by step
	@$(BIN)/python tools/demo.py

wheel: $(BASE)  ## dist/runspec-*.whl, for `pip install`
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls dist/runspec-*.whl

test: $(DEV)  ## Everything CI runs; all of it runs even when one part fails
	@$(MAKE) --no-print-directory --keep-going checks

checks: lint types layers generated docs regressions pytest  # the cheap ones first

lint: $(DEV)
	$(BIN)/ruff check $(LINTED)
	$(BIN)/ruff format --check $(LINTED)

types: $(DEV)
	$(BIN)/mypy

layers: $(DEV)
	$(BIN)/lint-imports --no-cache

generated: $(DEV)
	$(BIN)/python tools/generate.py --check

docs: $(DEV)  ## The documentation site, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: startup discovery printing serve recipes jump  ## The benchmarks, with their figures

BENCHMARKS := startup discovery printing serve recipes jump

$(BENCHMARKS): $(DEV)
	$(BIN)/python benchmarks/$@.py

regressions: $(DEV)  ## The benchmarks in short; what takes 1.5 times its limit fails
	@for each in $(BENCHMARKS); do \
	  $(BIN)/python benchmarks/$$each.py --regressions || failed=1; \
	done; exit $${failed:-0}

# File modes don't bind root: what needs them runs without the capabilities for that.
MODES := dac_override,dac_read_search
UNPRIVILEGED := setpriv --bounding-set -$(subst $(comma),$(comma)-,$(MODES)) \
	--inh-caps -$(subst $(comma),$(comma)-,$(MODES))

pytest: $(DEV)  ## The tests alone
	@if [ "$$(id -u)" = 0 ]; then $(UNPRIVILEGED) $(BIN)/pytest -q -m unprivileged; fi
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup -p no:randomly

fuzz: $(DEV)  ## The tests that hold for any input, with more of it, at random
	$(BIN)/pytest -n auto -m property --hypothesis-profile=fuzz

pythons: $(BASE)  ## The core on each Python that is found, strictly
	$(BIN)/python tools/pythons.py

generate: $(DEV)  ## What is written from the field table
	$(BIN)/python tools/generate.py

examples: $(DEV)  ## The real output of every example, into the documentation
	$(BIN)/python tools/pages.py --write

format: $(DEV)  ## Format and mend what ruff can
	$(BIN)/ruff check --fix $(LINTED)
	$(BIN)/ruff format $(LINTED)

clean:  ## Back to a fresh checkout
	rm -rf $(VENV) .bench .cache site dist build .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
