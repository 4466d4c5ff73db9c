# Every target sets itself up: Python >= 3.11 and make are enough. `make demo` is the place to start.
PYTHON ?= python3
UV := $(shell command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1 && echo uv || echo .uv/bin/uv)
BIN := .venv/bin
DEMO := demo
PORT ?= 3000

.PHONY: demo ui test lint setup clean

## demo: the sample community, every closed week, published
demo: setup
	$(BIN)/python -m orchestration.sample $(DEMO)
	$(BIN)/stillhere run --config $(DEMO)/stillhere.toml
	@echo
	@echo "Pages:    $(CURDIR)/$(DEMO)/.stillhere/published/weeks/index.html"
	@echo "BI file:  $(CURDIR)/$(DEMO)/.stillhere/published/stillhere.duckdb"
	@echo "UI:       make ui   (or: $(BIN)/stillhere ui --config $(DEMO)/stillhere.toml)"

## ui: the Dagster UI of the sample community
ui: setup
	$(BIN)/stillhere ui --config $(DEMO)/stillhere.toml --port $(PORT)

## test: the whole test suite
test: setup
	$(BIN)/python -m pytest

## lint: style and obvious mistakes
lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

## setup: the environment, exactly as locked
setup: .venv/.locked

.venv/.locked: uv.lock pyproject.toml | $(if $(filter .uv/bin/uv,$(UV)),.uv/bin/uv)
	$(UV) sync --frozen --compile-bytecode --no-python-downloads
	@touch $@

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet uv

clean:
	rm -rf .venv .uv $(DEMO)
