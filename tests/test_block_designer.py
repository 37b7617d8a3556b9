"""What the mail designer offers of workflows, and what becomes of it in other mailings."""

import lxml.html

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .block_common import block
from .common import mail, new_marketer

SNIPPETS = "mass_mailing.email_designer_snippets"


@tagged("post_install", "-at_install", "mail_workflow")
class TestSnippets(TransactionCase):
    """What the panel of the mail designer offers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_marketer(cls.env)

    def offered(self, lang="en_US", user=None):
        views = self.env["ir.ui.view"].with_user(user or self.marketer)
        context = {"lang": lang, "snippet_lang": lang, "rendering_bundle": True}
        html = str(views.with_context(**context).render_public_asset(SNIPPETS, {}))
        return lxml.html.fragment_fromstring(html, create_parent="div")

    def test_a_marketer_finds_each_block_and_button_in_a_group_of_their_own(self):
        for lang in ("en_US", "fr_FR"):
            found = self.offered(lang)
            self.assertEqual(len(found.xpath("//*[@data-o-snippet-group='workflow']")), 1)
            entries = found.xpath("//snippets[@id='snippet_structure']/*[@data-o-group='workflow']")
            self.assertTrue(all(entry.get("name") for entry in entries))
            blocks = self.env["mail.workflow.block"]
            shown = {name for name in blocks._names() if not blocks._of(name)._is_inline}
            marked = found.xpath("//section[contains(@class, 's_mwa_block')]/*[@data-mwa-block]")
            self.assertEqual({one.get("data-mwa-block") for one in marked}, shown)
            self.assertEqual(len(marked), len(shown))
            self.assertTrue(all(len(one) for one in marked), "each has a sample")
            for path in ("/workflow/cart", "/workflow/coupon", "/workflow/order"):
                self.assertTrue(found.xpath("//section//a[@href=$path]", path=path), path)
            self.assertEqual(len(entries), len(shown) + 3)

    def test_a_sample_shows_as_many_products_as_were_chosen(self):
        mailings = self.env["mailing.mailing"]
        for limit in (1, 2, 5):
            options = {"limit": str(limit), "source": "any", "heading": "For you & me"}
            asked = ("recommended_products", options)
            html = str(mailings.with_user(self.marketer).get_workflow_block_sample(*asked))
            self.assertEqual(html.count("<img"), limit)
            self.assertIn("For you &amp; me</h2>", html)
        visitor = new_test_user(self.env, login="visitor", groups="base.group_portal")
        with self.assertRaises(AccessError):
            mailings.with_user(visitor).get_workflow_block_sample(*asked)

    def test_an_author_of_other_mailings_finds_them_too(self):
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        author = new_test_user(self.env, login="author", groups=groups)
        found = self.offered(user=author).xpath("//section/*[@data-mwa-block]")
        self.assertTrue(all(len(one) for one in found))
        self.assertTrue(found)

    def test_samples_cost_no_query_each(self):
        blocks = self.env["mail.workflow.block"].with_user(self.marketer)
        count = len(blocks._for_designer())
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        blocks._for_designer()
        self.assertLess(self.env.cr.sql_log_count - before, count)


@tagged("post_install", "-at_install", "mail_workflow")
class TestPlainMailing(TransactionCase):
    """A mailing that is not of a workflow, with what only a workflow can fill."""

    def setUp(self):
        super().setUp()
        self.author = new_test_user(
            self.env, login="author", groups="base.group_user,mass_mailing.group_mass_mailing_user"
        )
        self.ada = self.env["mailing.contact"].create(
            {"name": "Ada", "email": "ada@customer.example.com"}
        )

    def mailing(self, body, **values):
        return (
            self.env["mailing.mailing"]
            .with_user(self.author)
            .create(
                {
                    "subject": "News",
                    "mailing_model_id": self.env.ref("mass_mailing.model_mailing_contact").id,
                    "body_arch": body,
                    "body_html": body,
                    **values,
                }
            )
        )

    def sent(self, mailing):
        mailing.action_send_mail(self.ada.ids)
        (trace,) = mailing.mailing_trace_ids
        return trace.mail_mail_id.body_html

    def body(self):
        shell = f"<table class='s_mwa_block'><tr><td>{block('cart_lines')}</td></tr></table>"
        button = "<p><a href='/workflow/cart'>My cart</a> and more</p>"
        words = "<p>Hello <span data-mwa-block='contact_name'>there</span>,</p>"
        return f"{words}{shell}<p>Between</p>{block('best_sellers')}{button}"

    def test_it_is_sent_without_blocks_and_its_buttons_lead_to_the_shop(self):
        mailing = self.mailing(self.body(), keep_archives=True)
        self.assertIn("cart_lines", mailing.body_arch)
        html = self.sent(mailing)
        self.assertNotIn("Sample", html)
        self.assertNotIn("s_mwa_block", html)
        self.assertNotIn("/workflow/", html)
        for words in ("Hello", "there", "Between", "My cart", "and more"):
            self.assertIn(words, html)
        self.assertIn("/shop/cart", mailing.body_html)

    def test_what_is_written_later_has_none_either(self):
        mailing = self.mailing("<p>Hello</p>")
        mailing.write({"body_arch": self.body(), "body_html": self.body()})
        self.assertNotIn("Sample", mailing.body_html)
        self.assertIn("Sample", mailing.body_arch)

    def test_a_copy_of_a_workflow_s_mail_is_sent_without_blocks(self):
        workflow = (
            self.env["mail.workflow"]
            .with_user(new_marketer(self.env))
            .import_definition(
                {
                    "format": 1,
                    "name": "Copied",
                    "model": "res.partner",
                    "triggers": [{"kind": "manual"}],
                    "steps": [mail("m", body=self.body())],
                }
            )
        )
        text = workflow.step_ids.text_ids.mailing_id
        self.assertIn("Sample", text.body_html)
        self.assertNotIn("Sample", text.copy().body_html)

    def test_what_stands_around_a_block_is_left_as_it_is(self):
        before = '5 &lt; 6 <p>A <t t-out="object.name">x</t></p><!--[if mso]><b>o</b><![endif]-->'
        after = "and<br/>so on"
        take_out = self.env["mail.workflow.mailer"]._outside_workflows
        self.assertEqual(take_out(before + after), before + after)
        left = str(take_out(before + block("cart_lines") + after))
        self.assertEqual(left, before + after.replace("<br/>", "<br>"))
