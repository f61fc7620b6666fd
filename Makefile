# Two commands: `make nightly` runs the main job, `make test` passes the tests. Both set up what they need.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= var
DELIVERIES ?=
NATIONAL ?= var-national
STAMP := $(VENV)/.installed

.PHONY: setup nightly test test-long postgres faults injections bad-input fuzz lint types parse bench bench-national lock dagster clean help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(STAMP)  ## virtual environment with locked dependencies

# uv installs in seconds but compiles nothing; without bytecode Great Expectations imports in 10 s instead of 4.
$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (locked dependencies, about half a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

postgres: $(VENV)/.postgres  ## add what keeps Dagster's runs and events in PostgreSQL (docs/deploy.md)

$(VENV)/.postgres: $(STAMP) requirements-postgres.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-postgres.lock
	@touch $@

nightly: setup  ## the whole nightly job: on example deliveries, or DELIVERIES=folder HOME_DIR=home
ifeq ($(strip $(DELIVERIES)),)
	@$(BIN)/vardlagret example $(HOME_DIR)-example
	@VARDLAGRET_PSEUDONYM_KEY_FILE=$(HOME_DIR)-example/.synthetic-pseudonym.key \
	  $(BIN)/vardlagret --home $(HOME_DIR) nightly --deliveries $(HOME_DIR)-example || [ $$? -eq 3 ]
else
	@$(BIN)/vardlagret --home $(HOME_DIR) nightly --deliveries $(DELIVERIES) || [ $$? -eq 3 ]
endif

test: setup  ## all tests; those on the real exports run where ../shared/deliveries lies
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

faults: setup  ## runs killed 500 times (KILLS), bad disks, runs at once: figures go to docs/reliability.md; an hour
	@$(BIN)/python -m tests.faults.campaign --kills $${KILLS:-500} --page docs/reliability.md
	@$(BIN)/python -m tests.faults.readers --page docs/reliability.md
	@$(BIN)/python -m tests.faults.disk --page docs/reliability.md
	@$(BIN)/pytest -m long tests/faults

injections: setup  ## wrong figures put into deliveries on purpose: what catches each goes to docs/reliability.md; 40 minutes
	@$(BIN)/python -m tests.injections.campaign --page docs/reliability.md $(INJECTIONS)

test-long: setup postgres  ## the tests that take minutes each: every incident, runs at once, orders of backfills, a small server
	@$(BIN)/pytest -n 2 --dist loadfile -m long

bad-input: setup  ## the table of bad input, one line per input, and the mutants' count, as a test report
	@$(BIN)/pytest --bad-input tests/e2e/test_bad_input.py tests/e2e/cases/test_sent_files.py \
	  tests/e2e/cases/test_workbooks.py tests/e2e/cases/test_old_workbooks.py tests/e2e/cases/test_text_files.py \
	  tests/e2e/cases/test_dimensions.py tests/e2e/cases/test_rule_ceilings.py \
	  tests/unit/test_readers_tabular.py tests/unit/test_lexical.py tests/integration/test_mutants.py tests/integration/test_contradictions.py

fuzz: setup  ## parsers fed with damaged files, for FUZZ_SECONDS (300)
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-300} $(BIN)/pytest -s tests/fuzz -k on_and_on

lint: setup  ## style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup  ## static types
	@$(BIN)/mypy

parse: setup  ## dbt parse, without a warehouse
	@cd dbt_project && ../$(BIN)/dbt --quiet parse --profiles-dir . --target-path ../var/dbt_parse --log-path ../var/dbt_parse

bench: setup  ## measurements: see benchmarks/README.md
	@$(BIN)/python -m benchmarks.nightly
	@$(BIN)/python -m benchmarks.deliveries
	@$(BIN)/python -m benchmarks.example small
	@$(BIN)/python -m benchmarks.backfill

bench-national: setup  ## a country of Sweden's size, below NATIONAL (var-national): 25 GB of disk, about an hour
	@$(BIN)/python -m benchmarks.national $(NATIONAL)
	@$(BIN)/python -m benchmarks.registers $(NATIONAL)/night

dagster: setup  ## the web page of the orchestrator, on 127.0.0.1:3000
	@$(BIN)/vardlagret --home $(HOME_DIR) doctor --quiet && VARDLAGRET_HOME=$(abspath $(HOME_DIR)) DAGSTER_HOME=$(abspath $(HOME_DIR))/dagster $(BIN)/dagster dev -h 127.0.0.1 -p 3000

lock: ## new locked versions of all dependencies (needs uv)
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --extra dev --python-version 3.11 --output-file requirements.lock pyproject.toml --no-header
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --extra postgres --constraint requirements.lock --python-version 3.11 --output-file requirements-postgres.lock pyproject.toml --no-header

clean:  ## remove the virtual environment and the example home
	rm -rf $(VENV) var var-example var-injections $(NATIONAL)
