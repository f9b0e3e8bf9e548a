# Everything a person does with this repository. `make help` lists it.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# Programs that the wheels bring (buf, protoc plugins) are found here first.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install up down test lint format proto bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.dev ## Install everything, also for development, into .venv

# What runs Argus; and on top of it, what tests and checks it.
$(VENV)/.run: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Argus needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@

up: $(VENV)/.run ## Run the whole mesh in the foreground (Ctrl-C stops it)
	$(BIN)/argus up $(ARGS)

down: $(VENV)/.run ## Stop the mesh
	$(BIN)/argus down

test: install ## Run the whole test suite
	$(BIN)/python -m pytest $(ARGS)

lint: install ## Check style, types and contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m scripts.protos check

format: install ## Format code and contract
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m scripts.protos format

proto: install ## Generate the stubs under gen/ from protos/
	$(BIN)/python -m scripts.protos generate

bench: install ## Measure the whole mesh; ARGS=embedder measures the embedder beside its limit and others
	$(BIN)/python -m bench $(ARGS)

clean: ## Remove what was installed and built; keeps .argus/, the data
	rm -rf $(VENV) build
