# Two commands do everything on a fresh machine with Python >= 3.11 and make:
#   make demo    installs phasebot into .venv and carries an example plan out
#   make test    installs what the tests need as well, and runs them

PYTHON ?= python3
BIN := .venv/bin
TESTS ?= tests

.PHONY: screenshots demo test check bench chaos explore docs lock wheel-test clean help
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/run ## carry out the example plan: issues, phases, a retry, a summary
	@rm -rf scratch/demo && mkdir -p scratch/demo && cp -R examples/website/site scratch/demo/site
	$(BIN)/phasebot run examples/website/plan.md --policy examples/website/phasebot.yml \
	  --workspace scratch/demo/site --db scratch/demo/phasebot.db
	@echo
	@echo "The site is in scratch/demo/site/dist."

test: .venv/dev ## run all tests
	$(BIN)/python -m compileall -q bot services migrations # once, not in each of the processes that tests start
	$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS) # some take half a minute: no worker is left with them alone

check: .venv/dev ## format, lint, types, import rule, invariants, measures
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_invariants.py
	$(BIN)/python scripts/generate_docs.py --check
	$(BIN)/python scripts/measures.py

bench: .venv/bench ## measure against the peers; prints ratios
	$(BIN)/python -m benchmarks

explore: .venv/dev ## explore the core exhaustively, further than the tests do
	$(BIN)/python -m tests.exploration

CHAOS ?= --plans 200
chaos: .venv/dev ## 200 plans in bad weather: faults of all kinds, kills; CHAOS="--seed 7 --plans 50"
	$(BIN)/python -m tests.chaos $(CHAOS)

screenshots: .venv/dev ## every page of the console in light, dark and phone width, into scratch/screenshots
	$(BIN)/python -m tests.browser

docs: .venv/dev ## write the generated tables of docs/ anew
	$(BIN)/python scripts/generate_docs.py

lock: ## resolve the locked requirements anew (needs uv)
	scripts/lock.sh

clean: ## remove what the targets above made
	rm -rf .venv .cache scratch dist build

# One virtual environment; a stamp says how much of it is installed.
.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "phasebot needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

define install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/$(1).txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
endef

.venv/run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(call install,run)

.venv/dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(call install,dev)
	touch .venv/run

.venv/bench: requirements/bench.txt pyproject.toml | .venv/bin/python
	$(call install,bench)
	touch .venv/run .venv/dev
