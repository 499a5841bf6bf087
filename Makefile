# Every target sets up an environment from requirements.txt first, and only when that has changed.
# With TORCH=2.11.0 or TORCH=newest, test, record and bump use that torch, in an environment beside.
PYTHON ?= python3
DEVICE ?= cpu
SAMPLE ?= 1
BIN = .venv/bin
READY = .venv/installed
EXAMPLES =
PARALLEL = -n auto
ifeq ($(DEVICE),cuda)
PARALLEL =
endif
ifdef TORCH
BIN = .torch/$(TORCH)/bin
READY = .torch/$(TORCH)/installed
EXAMPLES = --ignore tests/site --ignore tests/pages
endif
# Material's notice that it ends on 2027-05-05, on each build; README tells what then.
export NO_MKDOCS_2_WARNING = 1
# The date in the built files: of the last commit; without git, of the last change that is listed.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2> /dev/null || $(PYTHON) -c 'import datetime; \
	date = open("changes.txt").read().strip().rpartition("\n")[2][:10]; \
	print(int(datetime.datetime.fromisoformat(date + "T00:00Z").timestamp()))')
endif
export SOURCE_DATE_EPOCH

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 15

serve: .venv/installed  ## read the site at http://127.0.0.1:8000, reloaded on each change
	$(BIN)/mkdocs serve

test: $(READY)  ## run every example and every test that needs neither browser nor GPU
	$(BIN)/python -m pytest --device $(DEVICE) $(PARALLEL) $(EXAMPLES)

page: .venv/installed  ## run all that is asked of one page: PAGE=shapes/squeeze
	@test -n "$(PAGE)" || { echo "make page: which one? PAGE=shapes/squeeze" >&2; exit 2; }
	@$(BIN)/python -m pytest -q --page $(PAGE)

prose: .venv/installed  ## list the sentences of a page beside what proves them: PAGE=shapes/squeeze
	@test -n "$(PAGE)" || { echo "make prose: which one? PAGE=shapes/squeeze" >&2; exit 2; }
	@$(BIN)/python -m sitekit.run.ledger docs/$(PAGE).md

awkward: $(READY)  ## print what each public function of snippets/ does on awkward input
	@$(BIN)/python -m tests.awkward

test-browser: chromium build .venv/browser  ## read the built site in Chromium (SAMPLE=8: each eighth case)
	$(BIN)/python -m pytest tests/browser -n auto --sample $(SAMPLE)

build: .venv/installed record  ## run the pages, then build the site strictly into site/
	.venv/bin/mkdocs build --strict

offline: .venv/installed record  ## build the site into site-offline/, to be read from the disk
	OFFLINE=true .venv/bin/mkdocs build --strict --site-dir site-offline

preview: .venv/installed record  ## build what will be published, and serve it at the path of SITE_URL
	.venv/bin/python -m sitekit.preview

links: build .venv/browser  ## list the links to other hosts that are broken (needs a network)
	.venv/bin/lychee --config .ci/lychee.toml "site/**/*.html"

screenshots: chromium build .venv/browser  ## the looks of the site, in .made/screenshots
	.venv/bin/python -m tests.browser.screenshots

bench: chromium build .venv/browser  ## print bytes, layout shift and times beside their limits (15 minutes)
	.venv/bin/python -m tests.browser

cost: .venv/installed  ## print what the machinery costs beside an older commit (BASE=8bdbf75; 20 minutes)
	.venv/bin/python -m tests.cost $(BASE)

lint: .venv/installed  ## ruff everywhere, mypy on snippets/, imports in one direction, zizmor on the workflows
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/zizmor --offline --quiet .github

record: $(READY)  ## run the pages and write down what ran where (DEVICE=cuda: in tests/records)
	$(BIN)/python -m sitekit.run.record --device $(DEVICE)

apart: .venv/installed  ## list what one of the kept torches or Pythons prints otherwise than a page
	.venv/bin/python -m sitekit.run.apart

mutants: .venv/installed  ## make each expected output wrong; the comparison must notice each
	$(BIN)/python -m sitekit.run.mutants --device $(DEVICE)

accept: $(READY)  ## write the outputs that the pages have now, and show the difference
	$(BIN)/python -m sitekit.run.accept --device $(DEVICE)

atlas: $(READY)  ## call every public function on inputs that tell, and write what it does (TORCH=2.15.0)
	$(BIN)/python -m tests.atlas.run --device $(DEVICE)

versions: $(READY)  ## run the pages on upgrading, on a torch where the others do not run (TORCH=2.9.1)
	$(BIN)/python -m pytest -q docs/versions tests/atlas/test_pages.py \
		docs/autograd/kinks-and-ties.md tests/autograd/test_kinks_and_ties.py

# The torch that the pages are written for.
PINNED = $$(sed -n 's/^torch==//p' requirements.txt)
bump: $(READY)  ## what another torch changes: first without a word, then outputs and messages (TORCH=newest)
	$(BIN)/python -m tests.atlas.run --device $(DEVICE) --against $(PINNED)
	-$(BIN)/python -m sitekit.run.accept --device $(DEVICE) --dry-run
	$(BIN)/python -m tests.populations

guards: .venv/installed  ## print guards × models, silent questions that a guard catches, pytest-torch beside, wrong loops
	$(BIN)/python -m tests.guards.verdicts
	$(BIN)/python -m tests.guards.silent
	$(BIN)/python -m tests.guards.beside
	$(BIN)/python -m tests.training.wrong_loops

guard-mutants: .venv/installed  ## change each guard, line by line; its own tests must notice each (an hour)
	.venv/bin/python -m pip install -q -r requirements-mutants.txt
	.venv/bin/python -m tests.guards.mutants

models: .torch/newest/installed  ## run the guards on models of five public libraries, small and random
	.torch/newest/bin/python -m pip install -q -r requirements-models.txt
	.torch/newest/bin/python -m tests.guards.models

font: .venv/installed  ## cut the maths font again (Debian's fonts-lmodern holds the whole one)
	$(BIN)/python -m sitekit.publish.font

changes: .venv/installed  ## enter new pages in changes.txt
	$(BIN)/python -m sitekit.publish.changes

moved: .venv/installed  ## say where a renamed page is now: OLD=shapes/squeeze NEW=shapes/squeeze-one
	@test -n "$(OLD)" -a -n "$(NEW)" || { \
		echo "make moved: say both, OLD=shapes/squeeze NEW=shapes/squeeze-one" >&2; exit 2; }
	$(BIN)/python -m sitekit.publish.changes OLD=$(OLD) NEW=$(NEW)

lock: .venv/installed  ## write requirements.txt from requirements.in
	$(BIN)/pip install -q uv
	(echo '# Made by `make lock` from requirements.in; any platform, Python 3.11.5 or later.'; \
	$(BIN)/uv pip compile -q --universal --python-version 3.11.5 --no-header --no-annotate requirements.in) \
	> requirements.new
	mv requirements.new requirements.txt

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5))' 2> /dev/null || { \
		echo "$(PYTHON) is not Python 3.11 or later; name one by make PYTHON=python3.12" >&2; exit 2; }

chromium:
	@command -v "$${CHROMIUM:-chromium}" > /dev/null || { \
		echo "$${CHROMIUM:-chromium}: no Chromium; apt-get install chromium, or set CHROMIUM to its path" \
		>&2; exit 2; }

# The libraries of some pages; a page whose library is not installed does not run, and says so.
LIBRARIES = requirements-libraries.txt
INSTALL_LIBRARIES = -m pip install -q -r $(LIBRARIES) \
	|| echo "$(LIBRARIES): not installed, so its pages do not run" >&2
.venv/installed: requirements.txt $(LIBRARIES) sitekit/pyproject.toml | python
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q -r requirements.txt
	.venv/bin/python $(INSTALL_LIBRARIES)
	touch $@

.venv/browser: .venv/installed requirements-browser.txt
	.venv/bin/python -m pip install -q -r requirements-browser.txt
	touch $@

# What the examples need, without the site.
NEEDS = coverage|einops|hypothesis|markdown|numpy|pymdown-extensions|pytest|pytest-torch|pytest-xdist|pyyaml|sybil
.torch/%/installed: requirements.txt $(LIBRARIES) | python
	test -x .torch/$*/bin/python || $(PYTHON) -m venv .torch/$*
	grep -E '^($(NEEDS))==' requirements.txt > .torch/$*/requirements.txt
	.torch/$*/bin/python -m pip install -q -r .torch/$*/requirements.txt \
	$(if $(filter newest,$*),--upgrade torch,torch==$*)
	.torch/$*/bin/python $(INSTALL_LIBRARIES)
	touch $@

clean:  ## remove what these targets made
	rm -rf .venv .torch .made site site-offline

.PHONY: help serve test page prose awkward test-browser build offline preview links screenshots bench cost lint record apart \
	mutants accept atlas versions bump guards guard-mutants models font changes moved lock python chromium clean
.SECONDARY:
