# Every target works in a fresh clone: what it needs is installed into .venv first.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DATA ?= $(CURDIR)/.data

.DEFAULT_GOAL := help
.PHONY: help run serve play test check format proto schema release-image bench bench-import prove quality quality-short train-spark mutants clean lock

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing what requirements.lock names into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: $(STAMP) ## Play the main job: customers who change channel, as the next agent sees them
	@$(BIN)/python -m profile_service.play $(BIN)/python clients/examples/journeys.py

serve: $(STAMP) ## Serve on 127.0.0.1:50051 with an embedded database under .data, and print a token
	@umask 077 && test -s $(DATA)/token || (mkdir -p $(DATA) && PROFILE_DATABASE__DATA_DIR=$(DATA) $(BIN)/profile-service credentials add --tenant demo --caller you --role service > $(DATA)/token)
	@chmod 600 $(DATA)/token && echo "token: $$(cat $(DATA)/token)"
	@PROFILE_DATABASE__DATA_DIR=$(DATA) exec $(BIN)/profile-service serve --with-parent

play: $(STAMP) ## Play files: make play FILES="a.csv b.json" POLICY=bench
	@$(BIN)/profile-service play --policy $(or $(POLICY),default) $(FILES)

test: $(STAMP) ## Run the test suite
	@$(BIN)/python -m pytest

check: $(STAMP) ## Format, lint, types, protos, import contracts, generated code, docs
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

format: $(STAMP) ## Format the code and the protos
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/buf format --write protos

proto: $(STAMP) ## Generate profile_service/v1 from the protos
	@$(BIN)/python protos/generate.py

schema: $(STAMP) ## Write profile_service/store/schema/schema.sql, as the migrations make it
	@$(BIN)/python -m pytest tests/migration --write-schema

release-image: proto ## Release the protos as they are: what make check compares with from now on
	@mkdir -p protos/released && cp build/image.binpb protos/released/v1.binpb

bench: $(STAMP) ## Measure against echoes and bare psycopg; writes build/bench.json
	@$(BIN)/python -m tests.bench.run

bench-import: $(STAMP) ## Import a large file beside a service that answers (ROWS=1000000, more than an hour on 2 cores)
	@$(BIN)/python -m tests.bench.long_import $(or $(ROWS),1000000)

prove: $(STAMP) ## Run the long proofs; writes build/prove.json (RUNS=2000 SEED=1)
	@$(BIN)/python -m tests.prove.run --runs $(or $(RUNS),2000) --seed $(or $(SEED),1)

build/febrl: requirements-quality.lock $(STAMP)
	@$(BIN)/pip install --quiet --no-deps --require-hashes --target $@ -r requirements-quality.lock
	@touch $@

quality: $(STAMP) build/febrl ## Play the sets of ../shared/data and measure the matching; writes build/quality.json and .html
	@$(BIN)/python -m tests.quality.run --orders $(or $(ORDERS),3) $(if $(SETS),--sets $(SETS)) $(if $(MOST),--most $(MOST))

quality-short: $(STAMP) ## The two smallest sets, in one order
	@$(BIN)/python -m tests.quality.run --orders 1 --sets fake_1000,truth_set

mutants: $(STAMP) ## Check that seeded mutants, and a sample of all of the core, make tests fail (THIRD=1 SEED=1: a third of them)
	@$(BIN)/python -m tests.prove.mutants --seed $(or $(SEED),1) $(if $(THIRD),--third)
	@$(BIN)/python -m tests.prove.mutation --seed $(or $(SEED),1) $(if $(THIRD),--sample 100)

build/spark: requirements-spark.lock $(STAMP)
	@echo "installing Spark into $@ (0.5 GB)" >&2
	@$(BIN)/pip install --quiet --no-deps --require-hashes --target $@ -r requirements-spark.lock
	@touch $@

train-spark: $(STAMP) build/spark ## Train on Spark in local mode, and compare with DuckDB (needs Java 17)
	@PYTHONPATH=build/spark $(BIN)/python -m pytest tests/train/test_spark.py

lock: ## Resolve the dependencies anew (needs uv)
	@uv pip compile --quiet --extra server --extra train --group dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.lock pyproject.toml

clean: ## Remove what was built and installed
	@rm -rf .venv build .data
