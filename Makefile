# Two commands: `make run` serves the product, `make test` tests it. `make help` lists the rest.
SHELL := /bin/sh
VENV := .venv
STAMP := $(VENV)/.complete
PYTHON := $(VENV)/bin/python
SANSHUN := $(VENV)/bin/sanshun
REQUIRED := 3.11 3.12 3.13
ROOM_MB := 1000
ARGS ?=

export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# Unset: without compiled files every start costs three seconds more.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test check lint types layers fresh generate lock demo bench-accept bench-list bench-audit bench-intake bench-match bench-dispatch bench-clocks storm histories fuzz clean

# An environment whose interpreter is gone, or whose building was interrupted, is built anew.
ifneq ($(wildcard $(VENV)),)
ifneq ($(shell test -f $(STAMP) && $(PYTHON) -c 'print("sound")' 2>/dev/null),sound)
.PHONY: $(STAMP)
endif
endif

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 22

run: $(STAMP) ## start PostgreSQL, migrate, seed on the first start, serve on 127.0.0.1:8000
	@exec $(SANSHUN) run $(ARGS)

test: $(STAMP) ## all tests, on a real embedded PostgreSQL (ARGS="tests/domain -k hours" picks some)
	@$(PYTHON) -m pytest -n 2 $(ARGS)

check: test lint types layers fresh ## the one gate: tests, ruff, mypy, import-linter, generated files

lint: $(STAMP) ## ruff: rules and formatting
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .

types: $(STAMP) ## mypy, strict
	@$(PYTHON) -m mypy

layers: $(STAMP) ## import-linter: imports go one way
	@$(PYTHON) -c 'from importlinter.cli import lint_imports_command as check; check()'

fresh: generate ## generated files are committed as the code makes them
	@stale=$$(git -c safe.directory='*' status --porcelain --untracked-files=all -- openapi | sed '/^[AM]  /d') || exit 1; \
	  test -z "$$stale" || { echo "$$stale"; echo "openapi/ is not what the code makes: commit what 'make generate' wrote." >&2; exit 1; }

generate: $(STAMP) ## write openapi/ from the code
	@$(SANSHUN) generate

lock: $(STAMP) ## renew requirements.lock from requirements.in (ARGS=--upgrade takes newer releases)
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links $(ARGS) requirements.in -o requirements.lock
	@if grep -nE '://|--(extra-)?index-url|--find-links' requirements.lock; then \
	  echo "requirements.lock names a host." >&2; exit 1; fi

demo: $(STAMP) ## walk one need from 点单 to confirmed hours against the running server
	@$(PYTHON) -m demo.loop $(ARGS)

bench-accept: $(STAMP) ## our accept against a hand-written floor
	@$(PYTHON) -m bench.accept $(ARGS)

bench-list: $(STAMP) ## our list of orders against a hand-written floor
	@$(PYTHON) -m bench.list $(ARGS)

bench-audit: $(STAMP) ## a million entries in the audit trail: linked, read, verified
	@$(PYTHON) -m bench.audit $(ARGS)

bench-intake: $(STAMP) ## suggested kinds by class, on texts the lexicon has not seen; search among a million needs
	@$(PYTHON) -m bench.intake $(ARGS)

bench-match: $(STAMP) ## the 20 best of 100,000 resources for one need, against SQL by hand and the truth
	@$(PYTHON) -m bench.match $(ARGS)

bench-dispatch: $(STAMP) ## 10,000 open orders among 20,000 people at once: the proven optimum, from PostgreSQL and back
	@$(PYTHON) -m bench.dispatch $(ARGS)

bench-clocks: $(STAMP) ## what is due among a million running clocks, against as many due among few
	@$(PYTHON) -m bench.clocks $(ARGS)

storm: $(STAMP) ## races, kills, repeated keys, workers killed: nothing lost, nothing double
	@$(PYTHON) -m bench.storm $(ARGS)

histories: $(STAMP) ## 100,000 racing operations amid kills: every history accounts for what was told
	@$(PYTHON) -m bench.histories $(ARGS)

fuzz: $(STAMP) ## schemathesis over every operation as each role, long form
	@$(PYTHON) -m tests.fuzz $(ARGS)

clean: ## remove the environment and caches; the data in .data stays
	@rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---------------------------------------------------------------------------------------------

# The installer itself comes from the lock, with its hashes, like everything else.
UV_LINES := sed -n '/^uv==/,/[^\\]$$/p' requirements.lock

define FIND_PYTHON
for candidate in $(if $(PY),$(PY),python3 python3.13 python3.12 python3.11); do \
  found=$$("$$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
  case " $(REQUIRED) " in *" $$found "*) python=$$candidate; break;; esac; \
done; \
test -n "$${python:-}" || { echo "$(or $(PY),python3) is not Python 3.11, 3.12 or 3.13: install one of these, or name it with make PY=/path/to/python3." >&2; exit 1; }
endef

define FIND_ROOM
test "$$(df -Pm . | awk 'NR == 2 { print $$4 }')" -ge $(ROOM_MB) || \
  { echo "Not enough disk space: the first start needs $(ROOM_MB) MB here." >&2; exit 1; }
endef

define FIND_CACHE
mkdir -p "$${UV_CACHE_DIR:-$${XDG_CACHE_HOME:-$${HOME:-/nonexistent}/.cache}/uv}" 2>/dev/null || export UV_CACHE_DIR="$(CURDIR)/.tools/cache" PIP_NO_CACHE_DIR=1
endef

# Debian ships python3 without ensurepip: then uv makes the environment, fetched by whatever pip there is.
define MAKE_VENV
if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then "$$python" -m venv $(VENV); \
elif command -v uv >/dev/null; then uv venv --quiet --seed --python "$$python" $(VENV); \
elif "$$python" -m pip --version >/dev/null 2>&1; then \
  mkdir -p .tools && $(UV_LINES) > .tools/uv.txt && \
  "$$python" -m pip install --quiet --require-hashes --target .tools/uv -r .tools/uv.txt && \
  .tools/uv/bin/uv venv --quiet --seed --python "$$python" $(VENV); \
else echo "This Python has neither venv nor pip: install them (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; fi
endef

define INSTALL
{ $(UV_LINES) > $(VENV)/uv.txt && $(PYTHON) -m pip install --quiet --require-hashes -r $(VENV)/uv.txt && \
  $(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(PYTHON) --require-hashes -r requirements.lock; } || \
$(PYTHON) -m pip install --quiet --require-hashes -r requirements.lock || \
{ echo "The packages of requirements.lock could not be installed; the lines above say why. Run make again to go on." >&2; exit 1; }
endef

$(STAMP): requirements.lock Makefile
	@$(FIND_CACHE); \
	if test -f $(STAMP) && $(PYTHON) -c '' 2>/dev/null; then \
	  echo "[environment] bringing $(VENV) up to date"; rm -f $(STAMP); \
	else \
	  $(FIND_PYTHON); $(FIND_ROOM); \
	  echo "[environment 1/2] making $(VENV) with Python $$found"; rm -rf $(VENV); $(MAKE_VENV) || exit 1; \
	  echo "[environment 2/2] installing the packages of requirements.lock, once: some 10 to 60 seconds"; \
	fi; \
	$(INSTALL)
	@printf '%s\n' '#!/bin/sh' \
	  '# The sanshun command, wherever the checkout lies and whatever folder it is called from.' \
	  'bin=$$(dirname -- "$$(readlink -f -- "$$0")")' \
	  '# What is imported stays: looking through it for garbage meanwhile costs a fifth of the start.' \
	  'start="import gc; gc.disable(); from app.cli import cli; gc.freeze(); gc.enable(); cli(prog_name=\"sanshun\")"' \
	  'PYTHONPATH="$${bin%/.venv/bin}$${PYTHONPATH:+:$$PYTHONPATH}" exec "$$bin/python" -P -c "$$start" "$$@"' > $(SANSHUN)
	@chmod +x $(SANSHUN) && touch $(STAMP)
