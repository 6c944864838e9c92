# Each line is a command that a person could type. ARGS is passed on: `make demo ARGS=--once`, `make test ARGS="-k letter"`.
PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
PINNED = $(PIP) --require-hashes --only-binary :all:
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make requirements" uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --annotation-style line

.PHONY: install demo test properties kills survey lint docs requirements clean

install: .venv/.run

demo: install
	$(BIN)/cpts-gateway demo $(ARGS)

test: .venv/.test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

# Kills a running gateway again and again, and writes docs/reliability.md: make kills ARGS="--count 500".
kills: install
	$(BIN)/python -m reliability kills $(ARGS)

lint: .venv/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# What must hold of any document, on 10,000 generated messages, and writes docs/properties.md (an hour or two; fewer:
# make properties ARGS="--examples 1000"). Then whether the receipt of loss is true: each leaf of each worked example is
# changed in turn; a minute.
properties: .venv/.test
	$(BIN)/python -m tests.properties $(ARGS)
	$(BIN)/python -m tests.mapping.receipt_truth $(or $(KIT),fixtures/mssante/cda)

# What becomes of documents that others wrote: make survey KIT=DIR.
survey: install
	$(BIN)/cpts-gateway survey $(KIT) $(ARGS)

# The pages and schemas of docs/ that are made from the code; a test compares them.
docs: .venv/.test
	$(BIN)/python -m gateway.documentation

# Needs uv. The files name no index and no URL.
requirements:
	echo "setuptools>=77" | $(COMPILE) - --output-file requirements/build.txt
	$(COMPILE) pyproject.toml --output-file requirements/run.txt
	$(COMPILE) pyproject.toml --extra test --constraint requirements/run.txt --output-file requirements/test.txt
	echo saxonche | $(COMPILE) - --output-file requirements/ans-kit.txt

clean:
	rm -rf .venv build cpts_gateway.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis demo.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is installed is not installed again: these two files remember it.
.venv/.run: pyproject.toml requirements/build.txt requirements/run.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PINNED) -r requirements/build.txt -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.test: .venv/.run requirements/test.txt requirements/ans-kit.txt
	$(PINNED) -r requirements/test.txt -r requirements/ans-kit.txt
	touch $@
