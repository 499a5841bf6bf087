# Every target sets up .venv from requirements.txt first, and only when that has changed.
PYTHON ?= python3
DEVICE ?= cpu
BIN = .venv/bin
export NO_MKDOCS_2_WARNING = 1

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

serve: .venv/installed  ## read the site at http://127.0.0.1:8000, reloaded on each change
	$(BIN)/mkdocs serve

test: .venv/installed  ## run every example and every test that needs neither browser nor GPU
	$(BIN)/python -m pytest --device $(DEVICE)

build: .venv/installed  ## build the site strictly into site/
	$(BIN)/mkdocs build --strict

lint: .venv/installed  ## ruff everywhere, mypy on snippets/
	$(BIN)/ruff check .
	$(BIN)/mypy

accept: .venv/installed  ## write the outputs that the pages have now, and show the difference
	$(BIN)/python -m sitekit.accept --device $(DEVICE)

font: .venv/installed  ## cut the maths font again (Debian's fonts-lmodern holds the whole one)
	$(BIN)/python -m sitekit.font

lock: .venv/installed  ## write requirements.txt from requirements.in
	$(BIN)/pip install -q uv
	(echo '# Made by `make lock` from requirements.in; any platform, Python 3.11.5 or later.'; \
	$(BIN)/uv pip compile -q --universal --python-version 3.11.5 --no-header --no-annotate requirements.in) \
	> requirements.new
	mv requirements.new requirements.txt

.venv/installed: requirements.txt sitekit/pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

clean:  ## remove what these targets made
	rm -rf .venv .cache site

.PHONY: help serve test build lint accept font lock clean
