# Each target creates .venv and installs the package in it when pyproject.toml or
# constraints.txt is newer. Needs Python 3.11 to 3.13; choose one with `make PYTHON=python3.12`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt
REQUIREMENTS := pyproject.toml constraints.txt

# Two test processes with one thread each use two cores without fighting over them. The demo's
# series are short: a second thread there only waits.
WORKERS ?= 2
GPU_PYTHON ?= python3
demo paper test coverage: export OMP_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help demo paper test coverage gpu lint typecheck docs release clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo  ## fit and score on real series, print a table, write demo_output/forecast.png
	$(BIN)/python -m examples.demo

# The benchmark data and the seeds; every script skips the runs that its table holds already.
DATA ?= ../shared/data
SEEDS ?= 0 1 2
M4_SEEDS ?= 0 1 2 3 4  # their forecasts are averaged
RUN = $(BIN)/python -m examples.paper.$(1) --data $(DATA) --seeds $(SEEDS)

paper: $(VENV)/.demo  ## run what the papers' tables lack (days for all), rebuild docs/results/paper.md
	$(call RUN,long_term) --model sigma timemixer
	$(call RUN,long_term) --model default --context 96 192 336 --out docs/results/paper/default.csv
	$(BIN)/python -m examples.paper.baselines --data $(DATA)
	$(call RUN,m4) --seeds $(M4_SEEDS)
	$(call RUN,m4) --rehearsal --seeds 0
	$(call RUN,m4) --recipe paper --choose test --seeds 0
	for season in 1 4 7 12 24 52; do \
		$(BIN)/python -m examples.pretraining.train --data $(DATA) --season $$season --part everything \
			|| exit 1; done
	$(BIN)/python -m examples.paper.m4_zero_shot --data $(DATA)
	$(call RUN,ablation)
	$(call RUN,future_work)
	$(call RUN,context_length)
	$(BIN)/python -m examples.paper.context_cost
	$(BIN)/python -m examples.paper.case_study --data $(DATA)
	$(BIN)/python -m examples.paper.page
	$(BIN)/python -m examples.glance
	$(BIN)/python -m examples.benchmarks.models

test: $(VENV)/.test  ## run all tests
	$(BIN)/python -m pytest -n $(WORKERS)

coverage: $(VENV)/.test  ## tests and the lines that they do not reach
	$(BIN)/python -m pytest -n $(WORKERS) --cov=skscale --cov-report=term-missing:skip-covered --cov-fail-under=95

# Uses the Python that is there, and installs nothing: a machine with a card has a torch of its own.
gpu:  ## what only a GPU shows: tests marked cuda, tables; at most 8 minutes (GPU_PYTHON=python3)
	PYTHONPATH=$(CURDIR) $(GPU_PYTHON) -m examples.benchmarks.gpu

lint: $(VENV)/.dev  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(VENV)/.dev  ## mypy
	$(BIN)/mypy

docs: export NO_MKDOCS_2_WARNING = 1
docs: $(VENV)/.docs  ## build the documentation into site/
	$(BIN)/mkdocs build --strict

release: $(VENV)/.release  ## build, check and try the package; TAG=1 tags the commit
	$(BIN)/python tools/release.py $(if $(TAG),--tag)

clean:  ## remove the environment and everything that was built
	rm -rf $(VENV) build dist site demo_output .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) \
		else "skscale needs Python 3.11 to 3.13, not %d.%d; try make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)

# One stamp per extra (.demo, .test, .dev, .docs, .release).
$(VENV)/.demo: EXTRA = demo
$(VENV)/.test: EXTRA = tests
$(VENV)/.dev: EXTRA = dev
$(VENV)/.docs: EXTRA = docs
$(VENV)/.release: EXTRA = release
$(VENV)/.demo $(VENV)/.test $(VENV)/.dev $(VENV)/.docs $(VENV)/.release: $(REQUIREMENTS) | $(BIN)/python
	@echo "installing skscale[$(EXTRA)] into $(VENV) (the first time takes minutes)"
	$(INSTALL) --editable ".[$(EXTRA)]"
	@touch $@
