# Two commands are enough: `make demo` shows the whole programme at work, `make test` proves it.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
UV := 0.13.9
export BANTUO_VAR ?= $(CURDIR)/var

.PHONY: demo test test-database torture check bench setup clean
.DEFAULT_GOAL := demo

setup: $(VENV)/.installed
	@$(BIN)/python tools/build_frontend.py
	@$(BIN)/python tools/catalogues.py

$(VENV)/.installed: pyproject.toml uv.lock
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --frozen --inexact --active --quiet
	@touch $@

# Ends by serving the pages on http://127.0.0.1:8000; `make demo SERVE=0` ends instead.
demo: setup
	@$(BIN)/bantuo demo $(if $(filter 0,$(SERVE)),,--serve)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_migrations.py
	$(BIN)/python tools/check_translations.py
	$(BIN)/python tools/catalogues.py --check
	$(BIN)/bantuo policy check

test: setup
	$(BIN)/pytest

# What speaks SQL, again, on the server that BANTUO_TEST_DATABASE_URL names (PostgreSQL 15 in CI). A replay
# that is killed a hundred times is no question of the server's version, and takes a third of that time.
test-database: setup
	@test -n "$(BANTUO_TEST_DATABASE_URL)" || { echo "name a server in BANTUO_TEST_DATABASE_URL"; exit 2; }
	$(BIN)/pytest tests/apps tests/simulate tests/channels --ignore tests/simulate/test_replay_kills.py

# The tests that kill servers and jobs, two hundred times each instead of five.
torture: setup
	BANTUO_TORTURE=200 BANTUO_TORTURE_KILLS=200 $(BIN)/pytest tests/fire tests/apps/integrations/test_webhook_kills.py

bench: setup
	$(BIN)/python -m tools.bench

clean:
	rm -rf $(VENV) var out dist
