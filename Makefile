# Two commands on a fresh machine: `make demo` and `make test`. Each makes what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test hostile lint lock clean

help:
	@echo "make demo   grade a sample class end to end and say where the pages are"
	@echo "make test   run the tests"
	@echo "make hostile  every hostile submission, warm and cold, as root and as a user; 20000 damaged notebooks"
	@echo "make lint   ruff and mypy"
	@echo "make lock   renew requirements.lock from pyproject.toml (needs uv)"

demo: $(VENV)/installed sandbox
	$(BIN)/autograder demo build/demo

test: $(VENV)/installed sandbox
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# The nightly form. Root, who is dropped, runs the attacks once more as an ordinary user of the machine.
hostile: export HOSTILE_ISOLATIONS := all
hostile: $(VENV)/installed sandbox
	HOSTILE_NOTEBOOKS=20000 HOSTILE_GRADED=2000 $(BIN)/python -m pytest tests/hostile --timeout=0 $(PYTEST_ARGS)
	@[ "$$(id -u)" != 0 ] || $(BIN)/python tests/hostile/ordinary_user.py \
	  $(CURDIR)/$(BIN)/python -m pytest $(CURDIR)/tests/hostile/test_attacks.py -p no:cacheprovider --timeout=0 $(PYTEST_ARGS)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Hashes come from the lock: what is installed is what was tested.
$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Grading fails closed without a sandbox, so it is installed here where that is permitted.
.PHONY: sandbox
sandbox:
	@command -v bwrap >/dev/null 2>&1 || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq bubblewrap >/dev/null; } || \
	echo "bubblewrap is missing: install it with 'sudo apt-get install bubblewrap'"

lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock

clean:
	rm -rf build .mypy_cache .pytest_cache .ruff_cache
