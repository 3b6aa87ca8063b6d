# From a bare clone: `make demo` shows minikeras at work, `make test` tests it. Both make
# the virtual environment .venv first. `make help` lists the rest.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
KERNEL_SOURCES := $(wildcard $(addprefix minikeras/_fast/*., pyx pxd h))

# Two files that are as old as the last time their step was done.
INSTALLED := $(VENV)/installed.stamp
COMPILED := $(VENV)/compiled.stamp

.PHONY: help demo test bench bench-environments names interop resume lint build clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo    train on real data with all three backends'
	@echo 'make test    run the whole suite; make test ARGS="tests/autograd -k chain" a part'
	@echo 'make bench   time every workload beside PyTorch, JAX, Keras and others, in an hour;'
	@echo '             make bench QUICK=1, make bench ARGS="W3 --threads 2 --peers torch"'
	@echo 'make names   compare the public names with those of Keras; ARGS="losses utils"'
	@echo 'make interop carry models between Keras and minikeras, both ways;'
	@echo '             make interop KERAS_PYTHON=... with an environment that has Keras'
	@echo 'make resume  kill a hundred trainings at random moments, and compare where they end'
	@echo 'make lint    check style, types and the direction of imports'
	@echo 'make build   make .venv and compile the fast kernels, as the others do first'
	@echo 'make clean   remove all that make has made'
	@echo
	@echo 'PYTHON=...                which Python .venv is made with'
	@echo 'MINIKERAS_NO_FAST=1       without the fast kernels (make clean first)'
	@echo 'MINIKERAS_CHECKS=1        with all checks in the fast kernels (make clean first)'
	@echo 'MINIKERAS_REQUIRE_FAST=1  fail if the fast kernels are not there'
	@echo 'MINIKERAS_PROFILE=ci      how hard to test: dev, ci or nightly'

# One thread for BLAS: two that spin beside other programs cost more than they bring.
demo: build
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(PYTHON_IN_VENV) -m minikeras demo

# One test process per core, each with one thread for BLAS.
test: build
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(PYTHON_IN_VENV) -m pytest -n auto --dist worksteal $(ARGS)

# The peers have environments of their own; one that can't be installed is reported. The
# number of threads is for the benchmarks to choose.
bench: build bench-environments
	$(PYTHON_IN_VENV) -m benchmarks $(if $(QUICK),--quick) $(ARGS)

bench-environments: $(INSTALLED)
	-$(PYTHON_IN_VENV) -m benchmarks.environments $(FAMILIES)

names: build
	$(PYTHON_IN_VENV) -m tools.keras_names $(ARGS)

interop: build
	$(PYTHON_IN_VENV) -m tools.interop $(if $(KERAS_PYTHON),--keras-python $(KERAS_PYTHON))

resume: build
	$(PYTHON_IN_VENV) -m tests.callbacks.kill_and_resume --times $(or $(TIMES),100)

lint: $(INSTALLED)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

build: $(COMPILED)

$(INSTALLED): pyproject.toml tools/bootstrap.sh
	@PYTHON='$(PYTHON)' tools/bootstrap.sh $(VENV)
	@touch $@

$(COMPILED): $(INSTALLED) setup.py $(KERNEL_SOURCES)
	@tools/compile_kernels.sh $(PYTHON_IN_VENV) $@

clean:
	rm -rf $(VENV) .benchmarks build dist minikeras-demo *.egg-info
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -f minikeras/_fast/*.so minikeras/_fast/built_from*.txt
	find minikeras tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
