# Every target does its own set-up: a virtual environment in .venv, from requirements.lock.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test check live bench shots format clean

demo: $(READY)
	@$(BIN)/storedeck demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile -q

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

live: $(READY)
	$(BIN)/python -m pytest tests/live -q -o norecursedirs=".*"

bench: $(READY)
	$(BIN)/python tests/benchmarks/run.py

shots: $(READY)
	$(BIN)/python screenshots/make.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lock names versions and hashes only; the build back end is in it, so nothing else is fetched.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (make PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q tui services
	@touch $(READY)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
