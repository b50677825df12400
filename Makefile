# The two commands that matter: make experiments, make test. Both set themselves up. Nothing is installed outside .venv.
PYTHON ?= python3
PRESET ?= smoke
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install test check lint types format experiments models bench deep clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  make %-12s %s\n' "$$name" "$$text"; done

install: $(STAMP)  ## a virtual environment in .venv with everything (PYTHON=python3.11)

# The stamp comes last, so that an install that broke off starts again.
$(STAMP): setup.cfg pyproject.toml .ci/requirements.py
	@command -v $(PYTHON) >/dev/null || { echo "make install: found no $(PYTHON), expected Python 3.11 or newer: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) .ci/requirements.py
	@rm -f $@
	@echo "make install: everything into $(VENV), once: 2.8 GB, mostly TensorFlow; about two minutes of one core, and the time of the download"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --editable '.[dev,flamapy,networks]'
	@touch $@
	@echo "make install: done; $(BIN)/featurenet-uvl --help"

test: $(STAMP)  ## all tests but the deep ones
	$(BIN)/pytest -n auto --dist loadfile -m "not deep"

lint: $(STAMP)  ## ruff: format and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)  ## mypy --strict
	$(BIN)/mypy

check: lint types test  ## lint, types, test

format: $(STAMP)  ## put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

experiments: $(STAMP)  ## the paper's tables, in results/PRESET (PRESET=smoke, ARGS="--data-dir DIR")
	$(BIN)/featurenet-uvl experiments run --preset $(PRESET) $(ARGS)

models: $(STAMP)  ## write models/dnn.xml and the FeatureIDE configurations again, from their sources
	$(BIN)/featurenet-uvl convert models/dnn.uvl -o models/dnn.xml --force
	for file in models/architectures/*.toml; do \
	  $(BIN)/featurenet-uvl architectures export $$file -o $${file%.toml}.xml --force || exit; \
	done

bench: $(STAMP)  ## sizes and times, in benchmarks/results
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/model_sizes.py

deep: $(STAMP)  ## the long verification runs
	$(BIN)/pytest -m deep

clean:  ## remove what builds and tools leave behind (not .venv, not results)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
