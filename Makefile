# Everything a developer or a curious visitor starts from. `make` alone explains itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test test-kernel lint bench clean prepare-demo prepare-test
.NOTPARALLEL:

BIN := .venv/bin

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: prepare-demo ## install what is needed, then make simulated calls and tell their story (ARGS="--out DIR …")
	$(BIN)/derivato demo $(ARGS)

test: prepare-test lint ## install what is needed, then check style, types and behaviour (ARGS="-k …")
	$(BIN)/pytest $(ARGS)

test-kernel: prepare-test ## run the GPIO drivers on a gpiochip of a real kernel, in a virtual machine (2 minutes)
	@$(BIN)/python -m tests.kernel

lint: prepare-test ## check style and types only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: prepare-test ## measure, beside other programs doing the same work
	$(BIN)/python -m bench $(ARGS)

clean: ## remove the environment, caches and everything built
	rm -rf .venv .cache build dist *.egg-info demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis

prepare-demo:
	@tools/bootstrap demo

prepare-test:
	@tools/bootstrap test
