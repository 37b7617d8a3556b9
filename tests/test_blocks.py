"""Content blocks: where they stand in a text, their options, what is left of them."""

import base64
import re

from PIL import Image

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.image import binary_to_image, image_apply_opt

from .block_common import BlockCase, block
from .common import mail


@tagged("post_install", "-at_install", "mail_workflow")
class TestBlocks(BlockCase):
    def problems(self, body):
        workflow = self.workflow([mail("m", body=body)], start=False)
        return " ".join(str(problem) for problem in workflow.lint())

    def test_unknown_block_is_a_problem(self):
        self.assertIn("unknown block “nonsense”", self.problems(block("nonsense")))

    def test_wrong_option_is_a_problem_that_names_it(self):
        self.assertIn("no option “colour”", self.problems(block("best_sellers", colour="red")))
        self.assertIn("from 1 to 12", self.problems(block("best_sellers", limit="many")))
        wrong = self.problems(block("recommended_products", source="stars"))
        self.assertIn("any, accessories, alternatives, together, optional", wrong)
        self.assertIn("no option “heading”", self.problems(block("contact_name", heading="x")))

    def test_right_options_are_no_problem(self):
        body = block("recommended_products", source="together", limit=4, heading="For you")
        self.assertNotIn("block", self.problems(body))

    def test_block_with_nothing_to_show_leaves_nothing_behind(self):
        shell = (
            "<table class='s_mwa_block o_mail_snippet_general'><tr><td>"
            f"{block('coupon', 'Sample', heading='Your gift')}</td></tr></table>"
        )
        ada = self.person()
        body = str(self.mail_of(f"<p>Before</p>{shell}<p>After</p>", ada).body_html)
        self.assertRegex(body, r"<p>Before</p>\s*<p>After</p>")
        self.assertNotIn("Your gift", body)
        self.assertNotIn("Sample", body)

    def test_part_of_the_designer_stays_around_a_block_that_shows_something(self):
        shell = (
            "<table class='s_mwa_block' style='padding:3px'><tr><td>"
            f"{block('cart_lines', heading='Your cart')}</td></tr></table>"
        )
        found = self.mail_of(f"<p>Before</p>{shell}<p>After</p>", self.cart(self.person()))
        self.assertIn('style="padding:3px"', found.body_html)
        self.assertIn("Your cart</h2>", found.body_html)
        self.assertIn("Desk lamp", found.body_html)
        self.assertNotIn("data-mwa", found.body_html)

    def test_one_reader_s_empty_block_does_not_empty_another_s(self):
        ada, bob = self.person("Ada"), self.person("Bob")
        self.order(ada, self.product)
        body = "<div class='s_mwa_block'><i>Part</i>" + block("order_lines") + "</div><p>End</p>"
        of_ada, of_bob = self.mails_of(body, ada | bob)
        self.assertIn("Part", of_ada.body_html)
        self.assertIn("Desk lamp", of_ada.body_html)
        self.assertNotIn("Part", of_bob.body_html)
        self.assertIn("End", of_bob.body_html)
        self.assertNotIn("Part", of_bob.workflow_text)

    def test_words_of_a_block_stand_where_nothing_is_known(self):
        body = "<p>Hello <span data-mwa-block='contact_name'><b>there</b></span>,</p>"
        nobody = self.person("x@customer.example.com", email="x@customer.example.com")
        self.assertIn("Hello there,", self.mail_of(body, nobody).body_html)
        self.assertIn("Hello Ada,", self.mail_of(body, self.person()).body_html)

    def test_blocks_of_one_name_with_other_options_differ(self):
        for number in range(4):
            self.product_(f"New {number}")
        body = block("new_products", limit=1, heading="One") + block(
            "new_products", limit=3, heading="Three"
        )
        found = str(self.mail_of(body, self.person()).body_html)
        one, three = found.split("Three</h2>")
        self.assertEqual(len(self.names(one)), 1)
        self.assertEqual(len(self.names(three)), 3)

    def test_values_and_headings_are_escaped(self):
        evil = self.product_('<script>alert(1)</script>" href="/workflow/coupon')
        cart = self.cart(self.person("<b>Ada</b>"), evil)
        body = block("cart_lines", heading="&lt;i&gt;Hi") + block("contact_name")
        found = str(self.mail_of(body, cart).body_html)
        self.assertNotIn("<script>alert", found)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", found)
        self.assertIn("&lt;i&gt;Hi", found)
        self.assertNotIn("/workflow/coupon/", found)

    def test_text_with_a_free_expression_has_its_blocks_too(self):
        shell = f"<div class='s_mwa_block' t-if='object.city'>{block('order_lines')}</div>"
        ada, bob = self.person("Ada", city="Rome"), self.person("Bob")
        self.order(ada, self.product)
        self.order(bob, self.product)
        admin = self.env.ref("base.user_admin")
        admin.email = "admin@shop.example.com"
        body = shell + "<p>End</p>"
        workflow = self.workflow([mail("m", body=body)], user=admin)
        workflow.enroll(ada | bob)
        self.run_engine()
        of_ada, of_bob = self.mails(workflow).sorted("res_id")
        self.assertIn("Desk lamp", of_ada.body_html)
        self.assertNotIn("Desk lamp", of_bob.body_html)
        self.assertNotIn("t-if", of_ada.body_html)

    def test_a_dark_screen_shows_a_mail_as_it_was_designed(self):
        """Else what has no color of its own turns white, on a ground that stays white."""
        body = str(self.mail_of("<p>Hello</p>", self.person()).body_html)
        self.assertIn('name="color-scheme" content="light"', body)

    def test_logo_of_the_company_its_name_without_one(self):
        def shown(file=None):
            self.env.company.logo = file and base64.b64encode(file)
            html = str(self.mail_of(block("company_logo"), self.person()).body_html)
            return re.findall(r'<img[^>]* src="([^"]*/workflow/logo/[^"]+)"', html), html

        links, html = shown(image_apply_opt(Image.new("RGB", (300, 100), "#336699"), "PNG"))
        (link,) = links
        self.assertTrue(link.endswith(f"/workflow/logo/{self.env.company.id}.png"))
        self.assertIn('height="44"', html)
        for file in (None, b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
            links, html = shown(file)
            self.assertFalse(links)
            self.assertIn(self.env.company.name, html)

    def test_a_logo_that_cannot_be_read_keeps_nobody_from_saving_it(self):
        broken = b"RIFF\x10\x00\x00\x00WEBPVP8 nothing of the kind"  # Odoo looks into no WebP
        self.env.company.logo = base64.b64encode(broken)
        html = str(self.mail_of(block("company_logo"), self.person()).body_html)
        self.assertNotIn("/workflow/logo/", html)
        self.assertIn(self.env.company.name, html)

    def test_a_logo_keeps_its_shape_and_hides_nothing_on_a_dark_screen(self):
        for mode, clear in (("RGBA", (0, 0, 0, 0)), ("LA", (0, 0)), ("P", 0), ("CMYK", (0,) * 4)):
            logo = Image.new(mode, (800, 80), clear)
            file = image_apply_opt(logo, "JPEG" if mode == "CMYK" else "PNG")
            self.env.company.logo = base64.b64encode(file)
            shown = binary_to_image(base64.b64decode(self.env.company.workflow_logo))
            self.assertFalse(shown.has_transparency_data, mode)
            if mode in ("RGBA", "LA"):
                self.assertEqual(shown.getpixel((20, 20)), (255, 255, 255))
            html = str(self.mail_of(block("company_logo"), self.person()).body_html)
            self.assertIn('width="180"', html)
            self.assertNotIn('height="44"', html)

    def test_the_designer_offers_every_block_with_a_sample_in_the_user_s_language(self):
        blocks = self.env["mail.workflow.block"].with_user(self.marketer)
        for lang in ("en_US", "fr_FR"):
            offered = blocks.with_context(lang=lang)._for_designer()
            for one in offered:
                self.assertTrue(all(one.values()), one)
                marks = {name: value for name, value in one["marks"].items()}
                name = marks.pop("data-mwa-block")
                options = {key.removeprefix("data-mwa-"): marks[key] for key in marks}
                self.assertFalse(blocks._of(name)._check(options))
        names = {one["name"] for one in offered}
        inline = {name for name in blocks._names() if blocks._of(name)._is_inline}
        self.assertEqual(names | inline, set(blocks._names()))

    def test_every_block_fills_in_a_mail_to_anybody(self):
        blocks = self.env["mail.workflow.block"]._names()
        body = "".join(block(name) for name in blocks) + "<p>End</p>"
        company = self.env.company
        company.social_facebook = self.website.social_facebook = "https://facebook.example.com/us"
        records = self.person("Ada") | self.person("Bob", lang="fr_FR")
        for found in self.mails_of(body, records):
            self.assertNotIn("data-mwa", found.body_html)
            self.assertIn('alt="Facebook"', found.body_html)

    def test_a_simulation_shows_blocks_of_an_invented_contact(self):
        names = self.env["mail.workflow.block"]._names()
        body = "".join(block(name) for name in names) + "<p>End</p>"
        workflow = self.workflow([mail("m", body=body)], start=False)
        result = workflow.simulate({"name": "Eve", "email": "eve@customer.example.com"})
        shown = result["lines"][0]["mail"]["body_html"]
        self.assertIn("End", shown)
        self.assertIn("Eve", shown)

    def test_of_a_cart_the_order_lines_are_its_own(self):
        ada = self.person()
        self.order(ada, self.other_product)
        found = self.mail_of(block("order_lines"), self.cart(ada))
        self.assertIn("Desk lamp", found.body_html)
        self.assertNotIn("Office chair", found.body_html)

    def test_order_lines_of_a_contact_are_those_of_the_last_order_of_all_their_contacts(self):
        ada = self.person()
        again = self.person("Ada again", email=ada.email)
        self.order(ada, self.product)
        self.after(days=1)
        self.order(again, self.other_product)
        self.cart(ada, self.product)
        found = self.mail_of(block("order_lines"), ada)
        self.assertIn("Office chair", found.body_html)
        self.assertNotIn("Desk lamp", found.body_html)

    def test_a_cart_whose_product_is_unpublished_meanwhile_is_still_a_decent_mail(self):
        cart = self.cart(self.person())
        self.product.is_published = False
        found = self.mail_of(block("cart_lines"), cart)
        self.assertIn("Desk lamp", found.body_html)
        self.assertIn("/web/static/img/placeholder.png", found.body_html)
        self.assertNotIn("image_128", found.body_html)

    def test_lines_of_a_quotation_without_notes_and_sections(self):
        quotation = self.env["sale.order"].create(
            {
                "partner_id": self.person().id,
                "order_line": [
                    Command.create({"display_type": "line_section", "name": "Furniture"}),
                    Command.create({"product_id": self.product.id, "product_uom_qty": 2}),
                ],
            }
        )
        found = self.mail_of(block("cart_lines"), quotation)
        self.assertIn("Desk lamp", found.body_html)
        self.assertNotIn("Furniture", found.body_html)

    def test_plain_text_has_lines_prices_and_links(self):
        cart = self.cart(self.person(), quantity=2)
        body = block("cart_lines") + "<p><a href='/workflow/cart'>Back to my cart</a></p>"
        words = self.mail_of(body, cart).workflow_text
        self.assertRegex(words, r"Desk lamp\nQuantity: 2\s+\$\s?\d+\.\d\d")
        self.assertRegex(words, r"Back to my cart \(http\S+/workflow/cart/\d+/\w+\)")
        self.assertNotIn("image_128", words)
