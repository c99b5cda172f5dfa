# Every command makes its own environment; only git, make and Python >= 3.11 are assumed.
PYTHON ?= python3
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: .venv/ready ## start three agencies here: broker, database, four services each (AGENCIES=…, CTRL-C stops)
	@$(BIN)/python -m deploy.local run

demo: .venv/ready ## the same, play the whole story without a person, check every claim (BREAK=lost|twice|secret|consent|unsigned|forged|leak|stale)
	@$(BIN)/python -m deploy.local demo

stop: .venv/ready ## stop what `make run` started
	@$(BIN)/python -m deploy.local stop

test: .venv/ready ## the suite, on a real broker where there is Java (T=path for a part, WHOLE=1 with the long ones)
	@$(BIN)/python -m $(if $(T),pytest $(T),tests)

check: .venv/ready ## what must be clean: format, lint, types, import contracts, budgets
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/python -m deploy.checks

format: .venv/ready ## put the code into shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: .venv/ready ## figures as ratios to a bare floor of the same run (G="lists portal" for some groups)
	@$(BIN)/python -m tests.bench $(G)

screenshots: .venv/ready ## take the pictures of docs/images/ anew (needs Chromium)
	@$(BIN)/python -m tests.browser

lock: .venv/ready ## resolve the dependencies anew
	@$(BIN)/uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-annotate --universal -o requirements.lock

.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Gương Sáng needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Install it, or say PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo 'Python lacks venv: on Debian or Ubuntu run  apt-get install python3-venv'; exit 3; }
	@echo 'making the environment (.venv) …'
	@$(PYTHON) -m venv .venv && $(BIN)/python -m pip --quiet --disable-pip-version-check install 'uv>=0.9'
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock || { echo 'the packages of requirements.lock could not be fetched: check the connection to your Python package index'; exit 3; }
	@touch $@

.PHONY: help run demo stop test check format bench screenshots lock
