PYTHON ?= python3

.PHONY: test lint docs site golden sample bench

test:            ## everything that CI runs, lint included
	$(PYTHON) -m pytest -n auto
	$(MAKE) lint PYTHON=$(PYTHON)
	$(MAKE) site PYTHON=$(PYTHON)

lint:            ## style, types, and the rules of law
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check smpcompliance tests
	$(PYTHON) -m mypy
	$(PYTHON) -m smpcompliance rules lint
	$(PYTHON) -m smpcompliance rules test --mutate

docs:            ## write the pages of the law anew from the rules
	$(PYTHON) -m smpcompliance rules docs docs/law

site:            ## the pages of docs/ as a web site in build/site; needs no network
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict --quiet

sample:          ## the sample audit of the README
	$(PYTHON) -m smpcompliance audit sample_logs/golden-needle --as-of 2026-11-10 --report pdf=audit.pdf --fail-on never --allow-incomplete

golden:          ## rewrite the expected reports of the samples; read the difference before you commit it
	for s in $(notdir $(patsubst %/studio.yaml,%,$(wildcard sample_logs/*/studio.yaml))); do \
	  $(PYTHON) -m smpcompliance audit sample_logs/$$s --as-of 2026-11-10 --fail-on never --allow-incomplete --report text=sample_logs/$$s/expected.txt --quiet; \
	done
	for question in "broken-gasket --failed-tests" "two-under-one-lot --recalls"; do \
	  (cd sample_logs && $(PYTHON) -m smpcompliance trace $$question --as-of 2026-11-10 --no-progress) > .trace.txt || test $$? = 1; \
	  mv .trace.txt sample_logs/$${question%% *}/expected-trace.txt; \
	done

bench:           ## the eight checks by us and by others on the same files; an hour, and never part of the tests
	$(PYTHON) benchmarks/speed $(BENCH)
