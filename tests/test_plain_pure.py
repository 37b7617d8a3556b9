"""What a reader without html sees of a mail."""

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.plain import in_words

ROWS = """
    <table><tr><td><img src="http://x/lamp.png" alt="Lamp"/></td><td><b>Lamp</b><br/>
    <span>Quantity: 2</span></td><td>$ 80.00</td></tr>
    <tr><td colspan="2">Total</td><td><strong>$ 80.00</strong></td></tr></table>
"""


@tagged("post_install", "-at_install", "mail_workflow")
class TestPlainText(BaseCase):
    def test_a_row_is_a_line_and_pictures_are_left_out(self):
        self.assertEqual(in_words(ROWS), "Lamp\nQuantity: 2  $ 80.00\n\nTotal  $ 80.00\n")

    def test_a_link_has_its_address_behind_its_words(self):
        words = in_words('<p>See <a href="http://x/a?b=1&amp;c=2">our <i>shop</i></a>!</p>')
        self.assertEqual(words, "See our shop (http://x/a?b=1&c=2)!\n")

    def test_a_link_without_words_has_those_of_its_picture(self):
        words = in_words('<a href="http://x/f"><img src="i.png" alt="Facebook"/></a>')
        self.assertEqual(words, "Facebook (http://x/f)\n")
        self.assertEqual(in_words('<a href="http://x/f"><img src="i.png"/></a>'), "\n")

    def test_an_address_that_is_its_own_words_stands_once(self):
        self.assertEqual(in_words('<a href="http://x/f">http://x/f</a>'), "http://x/f\n")

    def test_what_is_not_shown_is_not_told(self):
        hidden = (
            "<html><head><title>t</title><style>p {}</style></head><body>"
            "<div style='display: none'>Preview</div><!--[if mso]><p>Outlook</p><![endif]-->"
            "<p>Hello</p></body></html>"
        )
        self.assertEqual(in_words(hidden), "Hello\n")

    def test_paragraphs_have_one_empty_line_between_them(self):
        self.assertEqual(
            in_words("<h1>Hi</h1><p>One</p>\n\n<p>Two<br>Three</p>"), "Hi\n\nOne\n\nTwo\nThree\n"
        )

    def test_nothing_is_nothing(self):
        self.assertEqual(in_words(" "), "")
