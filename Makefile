# The two commands of the README: `make run` carries out the demo, `make test` passes the tests.
# Both first make what is missing: .venv, the package in it, a browser.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

export TASK    # another task for the demo: make run TASK="Fill in …"

# PyTorch's own index has the CPU build; PyPI's on Linux brings 3 GB of CUDA. pip goes on without an index it cannot
# reach, and one that has torch already is not asked.
TORCH     := $(shell sed -n 's/.*"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)
TORCH_CPU := https://download.pytorch.org/whl/cpu

.PHONY: run test apps lint lint-extension format train clean

run: $(VENV)/.installed $(VENV)/.browser
	@$(BIN)/python -m tests.site.demo

test: $(VENV)/.dev $(VENV)/.browser
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The applications that tests/apps drives, each in an environment of its own; without them those tests are skipped.
# Home Assistant 2024.3 runs on Python 3.11 and 3.12: make apps PYTHON=python3.11, and -k goes on to the others.
APPS := .cache/apps
apps: $(patsubst tests/apps/requirements/%.txt,$(APPS)/%/.installed,$(wildcard tests/apps/requirements/*.txt))

$(APPS)/%/.installed: tests/apps/requirements/%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install -q -r $<
	@touch $@

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python

	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory lint-extension; else \
	  echo "no npm here: the extension's types are not checked"; fi

# Types of the extension's plain JavaScript against extension/protocol.d.ts; nothing of this is shipped.
TSC := .cache/tsc
lint-extension:
	@test -d $(TSC)/node_modules/typescript || npm install --silent --no-fund --no-audit --prefix $(TSC) typescript@5 @types/chrome
	$(TSC)/node_modules/.bin/tsc -p extension --typeRoots $(TSC)/node_modules/@types

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Makes the embedded model anew, on a machine with a GPU: pages read in a browser, training, export, scores.
# .venv has the CPU build of torch, so training takes the torchrun of a Python whose torch sees the GPU.
GPUS     ?= 1
MINUTES  ?= 60
TORCHRUN ?= torchrun
PAGES    := backend/training/pages.jsonl.gz
train: export PYTHONPATH := $(CURDIR):$(CURDIR)/backend
train: $(VENV)/.dev $(VENV)/.browser
	test -e $(PAGES) || $(BIN)/python -m training.pages_read --out $(PAGES) --count 20000
	$(TORCHRUN) --nproc-per-node $(GPUS) -m training.train --out build/model --minutes $(MINUTES) --pages $(PAGES)
	$(BIN)/python -m training.weights build/model backend/autoglm_backend/embedded
	$(BIN)/python -m tests.bench.forms --count 100
	$(BIN)/python -m tests.bench.miniwob

clean:
	rm -rf $(VENV) .cache build dist .pytest_cache .ruff_cache .hypothesis demo.jpg

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "autoglm needs Python 3.11 or newer; make PYTHON=/path/to/python3.11 …" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -q && apt-get install -qy python3-venv; } || \
	  { echo "this Python cannot make a venv; on Debian: apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.torch: $(BIN)/python
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/pip install -q --retries 1 --extra-index-url $(TORCH_CPU) $(TORCH)
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.torch
	$(BIN)/pip install -q -e .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.torch
	$(BIN)/pip install -q -e '.[dev]'
	@touch $@ $(VENV)/.installed

# A browser counts when it really opens a page: a downloaded one may lack the system's libraries.
$(VENV)/.browser: | $(VENV)/.installed
	@$(call opens) || { $(BIN)/autoglm browser --install && $(call opens); } \
	  || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -q && apt-get install -qy chromium && $(call opens); } \
	  || { $(BIN)/autoglm observe about:blank; echo "no browser that works; install Chrome or Chromium" >&2; exit 2; }
	@$(BIN)/autoglm browser && touch $@

opens = $(BIN)/autoglm observe about:blank >/dev/null 2>&1
