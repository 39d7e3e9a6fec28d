# Two commands do everything: `make demo` and `make test`; `make check` does what needs neither torch nor Java. They
# share one virtual environment, in any order.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt
JARS := load/kafka/jars

# Processes that test: as many as there are cores, from $(1) to 8, since each that needs a Kafka starts one of its own.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
testers = $(shell echo $$(($(CORES) > 8 ? 8 : $(CORES) < $(1) ? $(1) : $(CORES))))

RUFF = $(BIN)/ruff check . && $(BIN)/ruff format --check .

# Tests start a hundred processes, which compile everything anew where the compiled modules are not kept.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check check-types check-tests lint format kafka load faults clients mutate fuzz audit sbom clean

demo: $(VENV)/demo.installed
	$(BIN)/tidegate demo

# Measures what serves while it tests; less than `fail_under` in pyproject.toml fails.
test: $(VENV)/all.installed .clients/tried kafka lint
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses $(call testers,2) --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Tests of the factory skip themselves where there is no torch, tests that need a real Kafka on the embedded broker.
# Without the types of torch and of other extras a network is an Any and an ignored error none, of which three rules of
# mypy complain; `make lint` applies them. Much of a test with a broker is waiting, so four run at once on two cores, too,
# and mypy beside them: it takes one.
check: $(VENV)/check.installed
	$(RUFF)
	@$(MAKE) --no-print-directory --jobs 2 check-types check-tests

check-types: $(VENV)/check.installed
	$(BIN)/mypy --allow-subclassing-any --no-warn-return-any --no-warn-unused-ignores

check-tests: $(VENV)/check.installed
	TIDEGATE_TEST_BROKER=embedded $(BIN)/pytest --numprocesses $(call testers,4) --dist worksteal

lint: $(VENV)/all.installed
	$(RUFF)
	$(BIN)/mypy

format: $(VENV)/all.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The jars of Apache Kafka, unless the tests were told to use another broker.
kafka: $(VENV)/all.installed
ifeq ($(TIDEGATE_TEST_BROKER)$(TIDEGATE_TEST_KAFKA),)
	$(BIN)/python -m load.kafka.cluster fetch
endif

# A short run of the load test on this machine; load/README.md says how to read the report.
load: $(VENV)/all.installed kafka
	$(BIN)/python -m load capacity

# Breaks workers, brokers and the network between them; docs/faults.md. About an hour, or bounded by FAULTS, for example
# FAULTS='--scenario kill-9 --full'.
faults: $(VENV)/all.installed kafka
	$(BIN)/python -m load faults $(FAULTS)

# Clients of others that are too large for the tests' environment (Node's, LangChain, LiteLLM: some 750 MB): installs
# them anew, and runs them. Needs Node 20 or newer. `make test` runs those that it could install.
clients: $(VENV)/check.installed
	$(BIN)/python -m tests.support.clients
	$(BIN)/pytest tests/unit/streams/gateway/test_large_clients.py

# Breaks the service at one place after the other and lists the breaks that no test sees; docs/mutation.md has the
# reasons of those that are known. Half an hour to an hour on one core.
mutate: $(VENV)/mutate.installed
	$(BIN)/python -m tests.support.mutate run --max-children 1
	$(BIN)/python -m tests.support.mutate results

# Bytes that somebody could send, guided by what of the code they reach: a minute for each target. The corpus that is
# kept runs with the tests.
fuzz: $(VENV)/fuzz.installed
	$(BIN)/python -m tests.fuzz

# Known vulnerabilities of the pinned packages. Ends with 3, and says so, where nobody could be asked.
audit: $(VENV)/audit/installed $(VENV)/bin/python
	$(BIN)/python -m tests.support.audit $(VENV)/audit/bin/pip-audit

# What a release consists of, as CycloneDX: the packages that it was tested with.
sbom: $(VENV)/audit/installed
	@mkdir -p build
	$(VENV)/audit/bin/cyclonedx-py requirements constraints.txt --pyproject pyproject.toml --mc-type application \
		--output-reproducible --of JSON --output-file build/sbom.cdx.json
	@echo build/sbom.cdx.json

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tidegate needs Python 3.11 or newer; set PYTHON to one."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Serving, the embedded broker and the tools of a developer: no torch.
$(VENV)/check.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing everything but torch into $(VENV) ..."
	$(PIP) --editable '.[demo,serve,images,traces,load,test,docs]'
	@touch $(VENV)/demo.installed $@

# Serving, pictures and the embedded broker: no torch.
$(VENV)/demo.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing the serving dependencies into $(VENV) ..."
	$(PIP) --editable '.[demo,images]'
	@touch $@

$(VENV)/all.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing everything, torch included (about 5 GB), into $(VENV) ..."
	$(PIP) --editable '.[all]'
	@touch $(VENV)/demo.installed $(VENV)/check.installed $@

$(VENV)/mutate.installed: $(VENV)/check.installed
	$(PIP) --editable '.[demo,serve,traces,load,test,docs,mutate]'
	@touch $@

$(VENV)/fuzz.installed: $(VENV)/check.installed
	$(PIP) --editable '.[demo,serve,load,test,docs,fuzz]'
	@touch $@

# Without Node, or a registry for it, its clients' tests are skipped and say so. Where nothing at all could be installed,
# as without a network, the next `make test` tries again.
.clients/tried: tests/support/clients/requirements.txt tests/support/clients/package.json | $(VENV)/bin/python
	@echo "Installing clients of others (some 750 MB) into .clients ..."
	@$(BIN)/python -m tests.support.clients || true
	@if ls .clients/*/ready >/dev/null 2>&1; then touch $@; fi

# These tools have requirements of their own, so they get a virtual environment of their own.
$(VENV)/audit/installed: Makefile | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install --disable-pip-version-check --quiet pip-audit==2.10.1 cyclonedx-bom==7.5.0
	@touch $@

clean:
	rm -rf $(VENV) $(JARS) .clients mutants .coverage* .pytest_cache .mypy_cache .ruff_cache *.egg-info
