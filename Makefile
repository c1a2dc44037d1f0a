# Commands of a contributor. They use whatever python is active.

.PHONY: install test slow lint format generated docs bench mutants

SAMPLE ?= 60
SEED ?= 0

install:
	python -m pip install -e '.[dev]'

test:
	python -m pytest

slow:
	python -m pytest -m slow --dist load

lint:
	ruff check
	ruff format --check
	mypy
	lint-imports

format:
	ruff check --fix
	ruff format

generated:
	python -m docs.generate

docs:
	sphinx-build -E -W --keep-going -b html docs docs/_build/html

bench:
	set -e; for bench in benchmarks/bench_*.py; do echo "== $$bench"; python "$$bench"; done

mutants:
	python tools/mutants.py --sample $(SAMPLE) --seed $(SEED) $(if $(AREA),--area $(AREA)) $(if $(NEAR),--near)
