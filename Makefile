# Everything here works on a machine that has only Python (3.11 or later), git, make and Debian's packages at hand.

PYTHON ?= python3
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test test-projects test-versions test-crash matrix check reference bench clean python use-environment check-environment test-environment mariadb pgbouncer

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: use-environment ## see conflicts resolved, and migrate under difficulties, in a throw-away project
	@$(BIN)/handrail demo $(DIR)

test: mariadb pgbouncer test-environment ## run the whole suite, with private servers, then its core on other versions (on SQLite)
	@$(BIN)/python -m pytest -q -n $(WORKERS)
	@$(BIN)/python tools/matrix.py --tested $(BIN)/python --workers $(WORKERS) --databases sqlite 3.11:5.2 3.13:6.1

test-projects: mariadb test-environment ## run the tests on large real projects, and roll real projects back (hours)
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m large tests/projects

test-crash: mariadb test-environment ## stop migrations before and after every statement, on every database (an hour)
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m large tests/crash

test-versions: mariadb pgbouncer test-environment ## run the slow tests of databases on the distribution's PostgreSQL too
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m large tests/databases tests/cases

matrix: mariadb pgbouncer test-environment ## run the suite's core on every pair of Python and Django that is supported
	@$(BIN)/python tools/matrix.py --workers $(WORKERS) 3.11:5.2 3.12:5.2 3.13:5.2 3.12:6.0 3.13:6.0 3.12:6.1 3.13:6.1

check: check-environment ## formatting, lint, types, layers, changelog fragments, documentation
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python tools/quiet.py $(BIN)/lint-imports
	@$(BIN)/python tools/quiet.py $(BIN)/towncrier build --draft --version check
	@$(BIN)/python tools/check_documents.py
	@$(BIN)/python tools/reference.py --check

reference: check-environment ## write docs/reference anew from the code
	@$(BIN)/python tools/reference.py

bench: mariadb test-environment ## measure Handrail against plain Django, in one run (about fifteen minutes)
	@$(BIN)/python -m bench

clean: ## delete the environments and all that was built
	@rm -rf .venv .venvs dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -prune -exec rm -rf {} +

use-environment: python
	@$(PYTHON) tools/environment.py $(VENV) --for use

check-environment: python
	@$(PYTHON) tools/environment.py $(VENV) --for check

test-environment: python
	@$(PYTHON) tools/environment.py $(VENV) --for test

python:
	@$(PYTHON) -c 'import sys; sys.exit("python 3.11 or later is needed: make PYTHON=python3.13 ..." if sys.version_info < (3, 11) else 0)'

ifdef HANDRAIL_TEST_MARIADB_URL
mariadb:
else
mariadb: python
	@$(PYTHON) tools/system_packages.py mariadb
endif

ifdef HANDRAIL_TEST_POSTGRES_URL
pgbouncer:
else
pgbouncer: python
	@$(PYTHON) tools/system_packages.py pgbouncer
endif
