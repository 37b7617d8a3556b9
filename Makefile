# Each target sets up what it needs. ARGS goes to pytest: make test ARGS="-k cart -x"

TEST_DATABASE = mwa_test
# two processes, each with a copy of the database; a file's tests stay together
PYTEST = dev/run python -m pytest --odoo-database=$(TEST_DATABASE) --odoo-http -n 2 --dist loadfile

.PHONY: demo test test-all bench chaos lint browser

demo:
	@dev/run python dev/demo.py

test: browser
	@dev/run python dev/databases.py fresh $(TEST_DATABASE) --addons tests --assets
	@$(PYTEST) $(ARGS)

test-all: browser
	@dev/run python dev/databases.py fresh $(TEST_DATABASE) --addons tests --assets
	@ALL=1 $(PYTEST) $(ARGS)
	@dev/run python dev/lifecycle.py
	@dev/run python dev/odoo_tests.py

bench:
	@dev/run python benchmarks/bench.py $(ARGS)

chaos:
	@dev/run python -m dev.chaos $(ARGS)

lint:
	@dev/run python dev/lint.py

# where Chromium is missing and cannot be installed it says so, and Odoo skips the browser tests
browser:
	-@dev/run python dev/browser.py install
