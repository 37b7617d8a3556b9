"""The client's own unit tests, each in tests/addons/**/*.test.js, in a real browser."""

from odoo.tests import HttpCase, no_retry, tagged

SUITE = "@test_mail_workflow_automation"


def unit_test_failed(message):
    """Tell whether a message on the console is more than a line of the suite's own report."""
    return "[HOOT]" not in message


@tagged("post_install", "-at_install", "mail_workflow")
class TestHoot(HttpCase):
    @no_retry
    def test_unit_tests_of_the_client(self):
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={self._hash(SUITE)}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_failed,
        )

    def _hash(self, text):
        """Return the name Hoot gives a suite in its address."""
        number = 0
        for char in text:
            number = ((number << 5) - number + ord(char)) & 0xFFFFFFFF
        return f"{number:08x}"
