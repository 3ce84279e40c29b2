# Embudo. Two commands matter: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

DATA ?= var
PORT ?= 8000
EMPTY ?=
ARGS ?=

PY := .venv/bin/python
# The first Python that is new enough; empty when there is none (uv then finds or fetches one).
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	  command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
APT := DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
SYSTEM_PACKAGES := python3-venv postgresql chromium gettext fonts-liberation poppler-utils dovecot-imapd

# Makes .venv, or keeps it when it works. Debian ships Python without venv: that one package is installed if missing.
define make_venv
	if ! $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  rm -rf .venv; \
	  if command -v uv >/dev/null; then uv venv --quiet --python "$(or $(PYTHON),>=3.11)" .venv; \
	  elif [ -z "$(PYTHON)" ]; then echo 'Install Python 3.11 or newer, then try again.' >&2; exit 1; \
	  else \
	    $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(SUDO) bash -c '$(APT) update -q && $(APT) install -y -q --no-install-recommends python3-venv' \
	      || { echo 'Install the package python3-venv, then try again.' >&2; exit 1; }; \
	    $(PYTHON) -m venv .venv; \
	  fi; \
	fi
endef

# $(call install,FILE): every archive is compared with its hash in FILE.
define install
	if command -v uv >/dev/null; then uv pip install --quiet --python $(PY) --require-hashes --compile-bytecode -r $(1); \
	else $(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip --upgrade >/dev/null; \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(1); fi
endef

.venv/.run-stamp: requirements.txt
	@echo 'Making the environment (the first time takes a minute or two) ...'
	@$(make_venv)
	@$(call install,requirements.txt)
	@touch $@

.venv/.dev-stamp: requirements-dev.txt | .venv/.run-stamp
	@echo 'Adding the test tools ...'
	@$(call install,requirements-dev.txt)
	@touch $@

.PHONY: run
run: .venv/.run-stamp ## start Embudo; options PORT=8000 DATA=var EMPTY=1
	@data="$$(realpath -m -- "$(DATA)")"; mkdir -p -- "$$data"; \
	  DATA="$$data" PORT="$(PORT)" exec $(PY) -m embudo serve $(if $(EMPTY),--empty) $(ARGS)

.PHONY: test
test: .venv/.dev-stamp ## everything: house rules, unit, API, browser; SQLite and PostgreSQL
	@$(PY) -m tests.run all $(ARGS)

.PHONY: quick
quick: .venv/.dev-stamp ## the fast half in memory, no sockets; ARGS=path narrows it
	@$(PY) -m tests.run quick $(ARGS)

.PHONY: long
long: .venv/.dev-stamp ## the large and slow proofs
	@$(PY) -m tests.run long $(ARGS)

.PHONY: check
check: .venv/.dev-stamp ## format, lint, types, import contracts, migrations, translations, vendored files, wheel
	@$(PY) -m tests.check $(ARGS)

.PHONY: system
system: ## install what the tests need from Debian or Ubuntu (needs root or sudo)
	@$(SUDO) $(APT) update -q
	@$(SUDO) $(APT) install -y -q --no-install-recommends $(SYSTEM_PACKAGES)

ORCA_PACKAGES := orca at-spi2-core speech-dispatcher xvfb dbus dbus-x11 openbox xdotool libglib2.0-bin chromium
.PHONY: orca-system
orca-system: ## install a screen reader and a desktop without a screen (needs root or sudo)
	@$(SUDO) $(APT) update -q
	@$(SUDO) $(APT) install -y -q --no-install-recommends $(ORCA_PACKAGES)

.PHONY: orca
orca: .venv/.dev-stamp ## let Orca read an operator's shift and keep what it says in docs/evidence
	@dbus-run-session -- $(PY) -m tests.orca docs/evidence/operator-shift.txt

.PHONY: bench
bench: .venv/.run-stamp ## measure speed beside raw SQL and a trivial view; ARGS="NAME --json FILE"
	@$(PY) -m embudo bench $(ARGS)

.PHONY: messages
messages: .venv/.dev-stamp ## collect the texts into embudo/locale and compile the catalogues
	@$(PY) -m tests.check_translations --write

.PHONY: fmt
fmt: .venv/.dev-stamp ## format the code and mend what can be mended
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

.PHONY: lock
lock: .venv/.dev-stamp ## remake requirements.txt and requirements-dev.txt from the .in files; ARGS=--upgrade
	@uv="$$(command -v uv || echo .venv/bin/uv)"; \
	  common=(pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(ARGS)); \
	  "$$uv" "$${common[@]}" -o requirements.txt requirements.in; \
	  "$$uv" "$${common[@]}" -o requirements-dev.txt requirements-dev.in

.PHONY: help
help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18
