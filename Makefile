# Every target sets up what it needs in .venv; only uv or pip touches the network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The tests start hundreds of processes: none of them compiles what another has compiled, whatever the caller's shell says.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache
STAMP := $(VENV)/.installed
PROGRAM := $(VENV)/.installed-program
DOCS_STAMP := $(VENV)/.installed-docs

.PHONY: help demo demo-live test torture check mistakes bench bench-contacts bench-checks bench-rehearsal bench-live bench-records bench-fleet bench-compare mutants schemas references docs format clean

help:
	@echo "make demo     apply the example campaign to the embedded sandbox, then show that a second plan is empty"
	@echo "make demo-live  serve a sandbox whose clock runs, and the page of its campaigns, until Ctrl-C"
	@echo "make test     run the tests"
	@echo "make torture  run the long tests, in any number of goes: every fault and every act of a person at every request, ..."
	@echo "make check    ruff, mypy --strict, the import floors and the links of the documents"
	@echo "make mistakes  how many of the known mistakes are named before anything rings"
	@echo "make bench    start-up, plan and apply of 1 000 objects, apply and state of 10 000"
	@echo "make bench-contacts  100 000 and 1 000 000 contacts, against the csv module and json"
	@echo "make bench-checks    what the checks add: 1 000 texts, 100 000 contacts"
	@echo "make bench-rehearsal 10 000 people, 200 replays"
	@echo "make bench-live      from a ring to the page, at 200 webhooks a second"
	@echo "make bench-records   a launch of 1 000 000 people; a person in 1 000 launches"
	@echo "make bench-fleet     100 projects of 100 objects, 10 at once, against one after the other"
	@echo "make bench-compare   a plan without changes, beside Terraform and octoDNS where they are on the machine"
	@echo "make mutants  make known mistakes in a copy of the sources; the tests must notice each"
	@echo "make schemas  write schema/*.json anew from the specs"
	@echo "make references  write docs/manifest.md, docs/commands.md and docs/checks.md anew from the specs, commands and rules"
	@echo "make docs     build the documents as a site in .site/, readable offline"
	@echo "make format   let ruff lay the code out"

demo: $(PROGRAM)
	$(BIN)/python scripts/demo.py

demo-live: $(PROGRAM)
	$(BIN)/python scripts/demo_live.py

# Each worker gets tests that stand together, which have files, modules and caches in common; who is done first takes of the others.
test: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist worksteal -q

torture: $(STAMP)
	$(BIN)/python scripts/torture.py

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/check_links.py

mistakes: $(STAMP)
	$(BIN)/python scripts/mistakes.py

bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/apply.py
	$(BIN)/python benchmarks/state.py

bench-contacts: $(STAMP)
	$(BIN)/python benchmarks/contacts.py
	$(BIN)/python benchmarks/people.py --million
	$(BIN)/python benchmarks/people_apply.py

bench-checks: $(STAMP)
	$(BIN)/python benchmarks/checks.py

bench-rehearsal: $(STAMP)
	$(BIN)/python benchmarks/rehearsal.py

bench-live: $(STAMP)
	$(BIN)/python benchmarks/live.py

bench-records: $(STAMP)
	$(BIN)/python benchmarks/records.py

bench-fleet: $(STAMP)
	$(BIN)/python benchmarks/fleet.py

bench-compare: $(STAMP)
	$(BIN)/python benchmarks/compare.py

mutants: $(STAMP)
	$(BIN)/python scripts/mutants.py

schemas: $(STAMP)
	$(BIN)/python scripts/write_schemas.py

references: $(STAMP)
	$(BIN)/python scripts/write_reference.py
	$(BIN)/python scripts/write_commands.py
	$(BIN)/python scripts/write_checks.py

docs: $(DOCS_STAMP)
	$(BIN)/python -m sphinx -W --keep-going -q -b html -c docs . .site
	@echo "Open .site/docs/index.html"

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .site

# README.md is part of the package's metadata, so a fresh clone has it before this runs.
# The tests and the checks need more than the program does; who has the tools has the program.
$(STAMP): pyproject.toml constraints.txt
	@scripts/install.sh $(PYTHON) $(VENV) dev
	@touch $(STAMP) $(PROGRAM)

# What the program itself needs: enough for the demos.
$(PROGRAM): pyproject.toml constraints.txt
	@scripts/install.sh $(PYTHON) $(VENV)
	@touch $(PROGRAM)

# What only `make docs` needs.
$(DOCS_STAMP): pyproject.toml constraints.txt
	@scripts/install.sh $(PYTHON) $(VENV) docs
	@touch $(DOCS_STAMP)
