# Two commands do everything:  make serve   and   make test
# Both set up what they need, and are quick the second time.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: serve test trial check index lint format translations screenshots lock clean

serve: index
	$(BIN)/kb serve $(if $(PORT),--port $(PORT))

index: $(VENV)/.ready
	$(BIN)/kb index

test: $(VENV)/.ready
	$(BIN)/pytest -n 2 --dist loadfile

# Long trials that are not part of every run.
trial: $(VENV)/.ready
	$(BIN)/pytest -m trial --timeout 1800

check: $(VENV)/.ready
	$(BIN)/kb check

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# torch comes first and by itself, so that an installed CPU build satisfies everything behind it.
$(VENV)/.ready: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet --progress-bar off torch==2.13.0
	$(BIN)/pip install --disable-pip-version-check --quiet --progress-bar off --require-hashes --requirement requirements.lock
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	touch $@

# Collect the texts of the interface, merge them into the catalogues, compile these.
translations: $(VENV)/.ready
	$(BIN)/pybabel extract --no-location -F web/translations/babel.cfg -o data/messages.pot web
	$(BIN)/pybabel update --no-fuzzy-matching --ignore-pot-creation-date -i data/messages.pot -d web/translations
	$(BIN)/pybabel compile -d web/translations

# The main pages on phone and desktop, light and dark, into screenshots/; look at its index.html.
screenshots: index
	$(BIN)/python tools/screenshots

# Renew requirements.lock after a change of the dependencies in pyproject.toml.
lock:
	tools/lock

# Not data/: it holds more than what can be made again.
clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
