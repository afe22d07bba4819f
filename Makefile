# `make help` lists the targets. PYTHON chooses the interpreter (3.11 or newer), PORT the port.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run setup vendor

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/:/' | column -t -s :

vendor: node_modules ## copy the browser's packages and draw the icons
	$(BIN)/python scripts/vendor.py node_modules src/vigie/web/ui/static/ui/vendor

node_modules: package-lock.json
	npm ci --no-fund --no-audit && touch node_modules
