# Each target makes .venv and installs what it needs by itself; only Python 3.11+ and make must be there.
#   make demo           browse a server with sample data
#   make test           lint, types, import contracts and all tests that don't take long
#   make test-long      those that do: programs killed, cut off, fed with hostile names, pressed through to the end
#   make test-servers   the behaviour suite on every S3 server that can be started here; with longer lists, on some of
#                       them only: make test-servers LONG_LIST=200000 ONLY="ceph seaweedfs"; as hard as it gets:
#                       make test-servers KILLS=20 KILLED_SIZE=2048 (MiB) FROZEN=60 (seconds) MANY_NAMES=10000
#   make bench          speed, as a ratio to a peer in the same run; some of it: make bench ONLY="listing memory"
#   make screenshots    draw the README's pictures from the demo
#   make clean          remove .venv and every cache
PYTHON := $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
  $(shell $(p) -c 'import sys; print("$(p)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
BIN := .venv/bin
# Most of a test is waiting: for a server, a screen, a terminal.
WORKERS ?= 5

# Hundreds of tests start processes: none should compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-long lint compiled test-servers bench screenshots clean
.DEFAULT_GOAL := demo

demo: .venv/demo-installed
	@$(BIN)/s3tui demo

test: .venv/dev-installed
	@$(MAKE) --no-print-directory -j2 lint compiled
	$(not-here) $(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not long"

test-long: .venv/dev-installed
	$(not-here) $(BIN)/pytest -n $(WORKERS) --dist worksteal -m long

lint: .venv/dev-installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Once, and not by each worker.
compiled: .venv/dev-installed
	@$(BIN)/pytest --collect-only -q >/dev/null

test-servers: .venv/dev-installed
	$(foreach name,LONG_LIST KILLS KILLED_SIZE FROZEN MANY_NAMES,$(if $($(name)),S3TUI_$(name)=$($(name)))) $(BIN)/pytest tests/servers $(addprefix --server=,$(ONLY))

bench: .venv/dev-installed
	$(BIN)/python benchmarks/run.py $(ONLY)

screenshots: .venv/dev-installed
	$(BIN)/python screenshots/make.py

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Where there is no Secret Service or no tmux to test on, those tests are reported as not run instead of failing.
not-here = $(if $(shell command -v gnome-keyring-daemon),,S3TUI_WITHOUT_KEYRING=1) \
  $(if $(shell command -v tmux),,S3TUI_WITHOUT_TMUX=1)

.venv/bin/python:
	$(if $(PYTHON),,$(error Python 3.11 or newer is needed))
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu, first: apt-get install python3-venv" >&2; exit 1; }

.venv/demo-installed: pyproject.toml | .venv/bin/python
	@echo "Installing into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	@touch $@

.venv/dev-installed: pyproject.toml | .venv/bin/python
	@echo "Installing into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ .venv/demo-installed
