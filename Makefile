# Two commands for a newcomer: `make demo` and `make test`. The rest is for whoever works on the house.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
CAMPAIGNS := $(addprefix tests/,$(addsuffix .py,\
  emails/test_kill emails/test_storms emails/test_bad_disks emails/test_stopped_servers emails/test_farewells_race \
  journeys/test_trouble_under_load journeys/test_known_or_not leads/test_import_bombs terreau/test_backup terreau/test_backups_of_the_killed terreau/test_deaths terreau/test_deaths_of_copies \
  capture/test_flood terreau/test_any_order terreau/test_simulating))
ROOMS := authoring base capture console emails leads reports sales scheduler storage terreau workflows

unexport PYTHONDONTWRITEBYTECODE  # a start that compiles everything again takes four seconds more

.PHONY: help install demo test check bench vendor lock schemas shots fuzz chaos scanners mutate clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Two virtual environments' worth of requirements, both locked with hashes: to run, and to develop.
.venv/.run: requirements-uv.lock requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements-uv.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

install: .venv/.run ## build .venv with the terreau command

demo: .venv/.run ## the whole story in one process, on SQLite, with a local mailbox
	@$(BIN)/terreau demo $(DEMO)

test: .venv/.dev browser ## the suite: SQLite and PostgreSQL, real SMTP, real HTTP, a real browser
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(TEST)

check: .venv/.dev ## static only: format, lint, types, imports, content
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/terreau check

bench: .venv/.dev ## ratios against floors measured in the same run, into bench/results.json
	$(BIN)/python -m bench $(BENCH)

fuzz: .venv/.dev ## check 100,000 files that somebody spoilt, send 60,000 requests that nobody would; FUZZ=n for another number
	TERREAU_FUZZ=$(or $(FUZZ),100000) $(BIN)/pytest -q -s --timeout 0 tests/terreau/test_fuzz.py tests/journeys/test_any_request.py \
	  tests/journeys/test_described_doors.py

chaos: .venv/.dev ## the long form of the crash campaigns, and of lives in any order; LIVES=n for other than 150
	TERREAU_CHAOS=full TERREAU_LIVES=$(LIVES) $(BIN)/pytest -q -s $(or $(CHAOS),$(CAMPAIGNS))

scanners: .venv/.dev ## 12 kinds of machines x 1,000 mails and 1,000 people, through the doors; SCANNERS=n for other than 1000, DB=postgresql
	TERREAU_SCANNERS=$(or $(SCANNERS),1000) TERREAU_SEED=$(SEED) $(BIN)/pytest -q -s --timeout 0 tests/capture/test_scanners.py -k $(or $(DB),sqlite)

mutate: .venv/.dev ## small faults in the modules that decide, one at a time: do the tests find them?
	$(BIN)/python -m tests.mutation $(MUTATE)

vendor: .venv/.dev ## fetch the vendored assets again and hold them against their hashes
	$(BIN)/python tests/vendor/fetch.py

lock: .venv/.run ## resolve the requirements again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml --group dev -o requirements-dev.lock

shots: .venv/.dev browser ## photograph every page of the demo into docs/screenshots
	$(BIN)/python docs/take_screenshots.py $(SHOTS)

schemas: .venv/.dev ## write the JSON Schemas that editors use
	$(BIN)/python -m authoring.schemas

# Chromium without windows takes half the time; on Debian as root it is fetched. With windows it does as well, and
# without any Chromium the browser tests say why they were skipped.
.PHONY: browser
browser:
	@command -v chromium-headless-shell >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null; }; } || \
	  command -v chromium >/dev/null || \
	  echo "no chromium: the browser tests will be skipped (apt install chromium-headless-shell)"

clean: ## remove what was built, not what was recorded
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache
