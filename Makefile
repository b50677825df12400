# The two commands that matter: make experiments, make test. Both set themselves up. Nothing is installed outside .venv.
PYTHON ?= python3
PRESET ?= smoke
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install test check lint types format experiments models bench bounds deep clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  make %-12s %s\n' "$$name" "$$text"; done

install: $(STAMP)  ## install everything into the virtual environment .venv (PYTHON=python3.11)

# The stamp comes last, so that an interrupted installation starts again.
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

test: $(STAMP)  ## run all tests except the deep ones
	$(BIN)/pytest -n auto --dist loadfile -m "not deep"

lint: $(STAMP)  ## check format and rules with ruff
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)  ## check types with mypy --strict
	$(BIN)/mypy

check: lint types test  ## run lint, types and test

format: $(STAMP)  ## format the code and apply simple fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

experiments: $(STAMP)  ## write the paper's tables into results/PRESET (PRESET=smoke, ARGS="--data-dir DIR")
	$(BIN)/featurenet-uvl experiments run --preset $(PRESET) $(ARGS)

models: $(STAMP)  ## write models/dnn.xml and the FeatureIDE configurations again from their sources
	$(BIN)/featurenet-uvl convert models/dnn.uvl -o models/dnn.xml --force
	for file in models/architectures/*.toml; do \
	  $(BIN)/featurenet-uvl architectures export $$file -o $${file%.toml}.xml --force || exit; \
	done

bench: $(STAMP)  ## measure sizes and times, into benchmarks/results
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/model_sizes.py

# Not in .venv: each set has an environment of its own. TESTS="tests/unit/cli" for some of them, FOLDER=DIR to keep the environments.
bounds:  ## run the tests with the oldest and the newest dependencies that setup.cfg allows (TESTS="...", FOLDER=DIR)
	$(PYTHON) .ci/bounds.py $(if $(FOLDER),--folder "$(FOLDER)") $(if $(TESTS),-- $(TESTS))

deep: $(STAMP)  ## run the deep tests, which take long
	$(BIN)/pytest -m deep

clean:  ## remove the files of builds and tools (not .venv, not results)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
