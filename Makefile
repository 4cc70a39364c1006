# The few commands there are. Each one is a line of deploy/bootstrap, which makes its own environment in .venv.

PYTHON ?= python3
PORT ?= 8000
DATA ?= var

.PHONY: help run test bench format lock
.DEFAULT_GOAL := help

# Asked before every command, because without Python nothing of ours can say what is wrong.
bootstrap = @command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "Arbobrug needs Python 3.11 or newer, and '$(PYTHON)' was not found; install it (Debian: apt-get install python3 python3-venv) or name one: make $@ PYTHON=/path/to/python3.12" >&2; exit 1; }; \
	exec $(PYTHON) deploy/bootstrap

help: ## Say which commands there are
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

run: ## Run everything on this machine: http://127.0.0.1:8000 (PORT=8000 DATA=var)
	$(bootstrap) run --port='$(PORT)' --data='$(DATA)'

test: ## Install what the tests need and run every check
	$(bootstrap) test

bench: ## Measure, and compare with what we promised
	$(bootstrap) bench

format: ## Write the code in the house format
	$(bootstrap) format

lock: ## Choose the newest versions that fit pyproject.toml and write both lock files
	$(bootstrap) lock
