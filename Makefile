# Each target sets up what it needs. ARGS goes to pytest: make test ARGS="-k cart -x"

TEST_DATABASE = mwa_test
PYTEST = dev/run python -m pytest --odoo-database=$(TEST_DATABASE) --odoo-http

.PHONY: demo test test-all bench lint

demo:
	@dev/run python dev/demo.py

test:
	@dev/run python dev/databases.py fresh $(TEST_DATABASE) --addons tests
	@$(PYTEST) $(ARGS)

test-all:
	@dev/run python dev/databases.py fresh $(TEST_DATABASE) --addons tests
	@ALL=1 $(PYTEST) $(ARGS)
	@dev/run python dev/lifecycle.py

bench:
	@dev/run python benchmarks/bench.py $(ARGS)

lint:
	@dev/run python dev/lint.py
