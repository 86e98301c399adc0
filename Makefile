# Every target sets up what it needs; nothing has to be installed by hand but Python 3.11 or later.
PYTHON ?= python3
BIN := .venv/bin
NEEDS_CHROMIUM = tests/program.sh chromium browser "$(CHROMIUM)" chromium chromium-browser google-chrome
NEEDS_LIBREOFFICE = tests/program.sh libreoffice-calc-nogui LibreOffice soffice

.PHONY: venv demo test soak bench lint

venv: .venv/.runtime
	@$(MAKE) --no-print-directory .venv/.dev

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.dev: pyproject.toml constraints.txt .venv/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/.runtime
	$(BIN)/lti-tool demo

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(NEEDS_CHROMIUM)
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not soak"

soak: .venv/.dev
	$(NEEDS_LIBREOFFICE)
	$(BIN)/pytest -m soak --timeout 0

bench: .venv/.dev
	@failed=0; for script in launch register grades campaigns assessment; do \
	  $(BIN)/python benchmarks/$$script.py || failed=1; done; exit $$failed
