# Each target sets up what it needs. ARGS goes to pytest: make test ARGS="-k cart -x"

TEST_DATABASE = mwa_test
GLUE_DATABASE = mwa_glue
# two processes, each with a copy of the database; a file's tests stay together
PYTEST_ON = dev/run python -m pytest --odoo-http -n 2 --dist loadfile --odoo-database
PYTEST = $(PYTEST_ON)=$(TEST_DATABASE)
# the addons that come with other applications, beside those; not when ARGS chooses tests
GLUE = dev/run python dev/databases.py fresh $(GLUE_DATABASE) --addons glue \
	&& $(PYTEST_ON)=$(GLUE_DATABASE) tests/glue

.PHONY: demo test test-all bench chaos lint browser

demo:
	@dev/run python dev/demo.py

test: browser
	@dev/run python dev/databases.py fresh $(TEST_DATABASE) --addons tests --assets
	@$(PYTEST) $(ARGS)
	@$(if $(ARGS),,$(GLUE))

test-all: browser
	@dev/run python dev/databases.py fresh $(TEST_DATABASE) --addons tests --assets
	@ALL=1 $(PYTEST) $(ARGS)
	@$(GLUE)
	@dev/run python dev/lifecycle.py
	@dev/run python dev/glue_lifecycle.py
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
