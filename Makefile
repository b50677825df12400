# make experiments    set up on a fresh machine, run the smoke preset, end with results/smoke/
# make test           set up, run the tests
PYTHON ?= python3
PRESET ?= smoke
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install test check lint types format experiments models bench deep clean

install: $(STAMP)

$(STAMP): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: Python 3.11 or newer is needed, found $$($(PYTHON) --version); set PYTHON=python3.11" >&2; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { \
	  echo "make: a C compiler is needed to build pyeda; on Debian or Ubuntu: apt-get install gcc python3-dev" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev,flamapy]'
	@touch $@

test: $(STAMP)
	$(BIN)/pytest -m "not deep"

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: lint types test

experiments: $(STAMP)
	$(BIN)/featurenet-uvl experiments run --preset $(PRESET) $(ARGS)

models: $(STAMP)
	$(BIN)/featurenet-uvl convert models/dnn.uvl -o models/dnn.xml --force

bench: $(STAMP)
	$(BIN)/python benchmarks/pipeline.py

deep: $(STAMP)
	$(BIN)/pytest -m deep

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .coverage
