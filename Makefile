# One line each. They run in .venv where there is one, else with python3; `make python=...` names another Python.
python := $(or $(wildcard .venv/bin/python),python3)

.PHONY: help check lint types test tiny fast slow browser docs build mutants fuzz kills fix

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10
check: lint types test  ## what a change must pass: lint, types, test
lint:  ## style
	$(python) -m ruff check . && $(python) -m ruff format --check .
types:  ## type checks
	$(python) -m mypy
test:  ## tests, without the slow ones
	$(python) -m pytest
tiny:  ## a tour of the project in tests, a second long
	$(python) -m pytest tests/test_tiny.py
fast:  ## tests, all of them with compiled kernels
	MYCAFFE_FAST=1 $(python) -m pytest
slow:  ## the slow tests
	$(python) -m pytest -m slow
browser:  ## the Designer in a real browser
	$(python) -m pytest -m browser
docs:  ## the documentation's pages, in site/
	NO_MKDOCS_2_WARNING=1 $(python) -m mkdocs build --quiet --strict
build:  ## sdist and wheel, in dist/
	$(python) -m build
kills:  ## 200 killed trainings, continued and compared
	$(python) -m tools.kills --count 200
mutants:  ## whether the tests notice mistakes put into the code
	$(python) tools/mutants.py
fuzz:  ## a minute of odd input of every kind
	$(python) -m tools.fuzz --seconds 60
fix:  ## mends what ruff can mend
	$(python) -m ruff check --fix . && $(python) -m ruff format .
