# The commands of this house; `make` alone lists them. Needs Python 3.11 or later and nothing else.

PYTHON ?= python3
ARGS ?=
WORKERS ?= 3
IN := .venv/bin
BOOTSTRAP = @command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed: there is no '$(PYTHON)' here." >&2; exit 1; }; \
	$(PYTHON) scripts/bootstrap.py
POSTGRES15 ?= $(firstword $(wildcard /usr/lib/postgresql/15/bin /usr/pgsql-15/bin /opt/homebrew/opt/postgresql@15/bin))
# In the order of their names: the few that take long then do not all come at the end.
PYTEST = $(IN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help run test test-postgres15 lint format bench lock clean setup setup-test

help:
	@echo "make run    start the demo: two communities that federate (make run ARGS=--fresh starts over)"
	@echo "make test   run the tests"
	@echo "make lint   check style, types, layers and migrations"
	@echo "make bench  measure"
	@echo "make format, make lock, make clean"

setup:
	$(BOOTSTRAP) run

setup-test:
	$(BOOTSTRAP) test

run: setup
	@exec $(IN)/fediverse-support demo $(ARGS)

test: setup-test
	@$(PYTEST) $(ARGS)
	@$(MAKE) --no-print-directory test-postgres15

# The oldest server that we promise to work with. What mostly asks how whole servers talk to each other, in the
# same statements, is left out.
ON_POSTGRES15 = $(addprefix tests/,database outbox/test_order.py web/client_api/test_timelines.py)

test-postgres15: setup-test
ifeq ($(POSTGRES15),)
	@echo "Skipped: the database tests on PostgreSQL 15, because none is installed here (POSTGRES15=/path/to/bin names one)."
else
	@echo "Once more what uses the database, on the PostgreSQL 15 of $(POSTGRES15):"
	@TEST_POSTGRES_BIN=$(POSTGRES15) $(PYTEST) -q -m "database and not browser" $(or $(ARGS),$(ON_POSTGRES15))
endif

lint: setup-test
	$(IN)/ruff check .
	$(IN)/ruff format --check .
	$(IN)/mypy
	$(IN)/lint-imports --no-cache
	$(IN)/python -m scripts.lint_migrations
	@$(IN)/python -m scripts.longest

format: setup-test
	$(IN)/ruff check --fix .
	$(IN)/ruff format .

bench: setup-test
	@exec $(IN)/python -m benchmarks $(ARGS)

# Renews both lock files from pyproject.toml, for every supported Python and platform. Needs uv.
LOCK = uv pip compile pyproject.toml scripts/build.in --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet
lock:
	$(LOCK) --upgrade -o requirements.lock
	$(LOCK) --upgrade --extra test -o requirements-test.lock -c requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
