"""What is recommended to whom, and what it costs them."""

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.website_sale.tests.common import MockRequest

from .block_common import BlockCase, block

ANY = block("recommended_products", limit=3)


@tagged("post_install", "-at_install", "mail_workflow")
class TestRecommendations(BlockCase):
    def setUp(self):
        super().setUp()
        # products of other addons' data are no part of this shop
        self.env["product.template"].search([]).is_published = False
        (self.product | self.other_product).is_published = True
        self.bulb, self.shade, self.desk = [
            self.product_(name) for name in ("Bulb", "Shade", "Desk")
        ]
        self.ada = self.person()

    def shown(self, body, record):
        return self.names(self.mail_of(body, record).body_html)

    def sold_together(self, *products, times=2):
        for number in range(times):
            self.order(self.person(f"Buyer {number} {products[0].id}"), *products)

    def test_accessories_of_what_is_in_the_cart(self):
        self.product.accessory_product_ids = self.bulb
        body = block("recommended_products", source="accessories")
        self.assertEqual(self.shown(body, self.cart(self.ada)), ["Bulb"])

    def test_alternatives_and_optional_products_of_what_was_bought_last(self):
        self.product.alternative_product_ids = self.shade.product_tmpl_id
        self.product.optional_product_ids = self.desk.product_tmpl_id
        self.other_product.optional_product_ids = self.bulb.product_tmpl_id
        self.order(self.ada, self.other_product)
        self.after(days=1)
        self.order(self.ada, self.product)
        shown = block("recommended_products", source="alternatives")
        self.assertEqual(self.shown(shown, self.ada), ["Shade"])
        shown = block("recommended_products", source="optional")
        self.assertEqual(self.shown(shown, self.ada), ["Desk"])

    def test_what_others_often_bought_with_it_comes_first_by_their_number(self):
        self.sold_together(self.product, self.shade, times=2)
        self.sold_together(self.product, self.bulb, times=3)
        self.sold_together(self.product, self.desk, times=1)
        self.count_purchases()
        body = block("recommended_products", source="together")
        self.assertEqual(self.shown(body, self.cart(self.ada)), ["Bulb", "Shade"])

    def test_any_begins_with_what_was_chosen_by_hand_and_fills_up_with_best_sellers(self):
        self.sold_together(self.shade, times=2)
        self.count_purchases()
        self.product.accessory_product_ids = self.desk
        self.assertEqual(self.shown(ANY, self.cart(self.ada)), ["Desk", "Shade"])

    def test_who_bought_nothing_sees_best_sellers(self):
        self.sold_together(self.shade, times=3)
        self.sold_together(self.bulb, times=2)
        self.count_purchases()
        body = block("recommended_products", source="accessories")
        self.assertEqual(self.shown(body, self.ada), ["Shade", "Bulb"])

    def test_a_shop_that_sold_nothing_shows_its_newest(self):
        self.env["mail.workflow.affinity"].search([]).sudo().unlink()
        self.assertEqual(len(self.shown(ANY, self.ada)), 3)

    def test_nobody_is_shown_what_one_of_their_contacts_owns(self):
        self.product.accessory_product_ids = self.bulb | self.shade
        guest = self.person("Guest", email="ADA@customer.example.com")
        self.order(guest, self.bulb)
        body = block("recommended_products", source="accessories")
        self.assertEqual(self.shown(body, self.cart(self.ada)), ["Shade"])
        for name in ("best_sellers", "new_products"):
            self.assertNotIn("Bulb", self.shown(block(name, limit=12), self.ada))

    def test_nobody_is_shown_what_is_in_their_cart(self):
        self.product.accessory_product_ids = self.product | self.bulb
        self.assertNotIn("Desk lamp", self.shown(ANY, self.cart(self.ada)))

    def test_what_the_shop_does_not_sell_is_not_shown(self):
        self.product.accessory_product_ids = self.bulb | self.shade | self.desk
        self.bulb.is_published = False
        self.shade.sale_ok = False
        self.desk.action_archive()
        body = block("recommended_products", source="accessories")
        self.assertEqual(self.shown(body, self.cart(self.ada)), [])

    def test_what_another_website_sells_is_not_shown(self):
        other = self.env["website"].create({"name": "Other shop"})
        self.product.accessory_product_ids = self.bulb | self.shade
        self.bulb.website_id = other
        self.shade.website_id = self.website
        body = block("recommended_products", source="accessories")
        self.assertEqual(self.shown(body, self.cart(self.ada)), ["Shade"])

    def test_variants_are_one_product(self):
        color = self.env["product.attribute"].create(
            {"name": "Color", "value_ids": [Command.create({"name": n}) for n in ("Red", "Blue")]}
        )
        line = {"attribute_id": color.id, "value_ids": [Command.set(color.value_ids.ids)]}
        bulb = self.env["product.template"].create(
            {
                "name": "Colored bulb",
                "is_published": True,
                "attribute_line_ids": [Command.create(line)],
            }
        )
        red, blue = bulb.product_variant_ids
        self.product.accessory_product_ids = red | blue
        body = block("recommended_products", source="accessories")
        self.assertEqual(self.shown(body, self.cart(self.ada)), ["Colored bulb"])
        self.order(self.ada, red)
        self.assertEqual(self.shown(body, self.cart(self.ada)), [])

    def test_purchases_are_counted_in_housekeeping_of_companies_with_workflows(self):
        self.sold_together(self.product, self.shade)
        self.cart_workflow()
        self.sold_together(self.product, self.bulb, times=3)
        self.env["mail.workflow"]._cron_housekeeping()
        together = self.env["mail.workflow.affinity"]._together(
            self.env.company, self.product.product_tmpl_id.ids
        )
        expected = (self.bulb | self.shade).product_tmpl_id.ids
        self.assertEqual(together[self.product.product_tmpl_id.id], expected)

    def test_an_order_of_long_ago_counts_no_more(self):
        self.sold_together(self.product, self.shade)
        self.after(days=400)
        self.count_purchases()
        self.assertFalse(self.env["mail.workflow.affinity"]._best_sellers(self.env.company))

    def test_a_heading_stands_above_products_only(self):
        body = block("recommended_products", source="accessories", heading="You may also like")
        cart = self.cart(self.ada)
        self.assertNotIn("You may also like", self.mail_of(body, cart).body_html)
        self.product.accessory_product_ids = self.bulb
        self.assertIn("You may also like", self.mail_of(body, cart).body_html)


@tagged("post_install", "-at_install", "mail_workflow")
class TestPrices(BlockCase):
    def setUp(self):
        super().setUp()
        self.env["product.template"].search([]).is_published = False
        self.bulb = self.product_("Bulb", list_price=20)

    def price(self, record):
        found = str(self.mail_of(block("new_products"), record).body_html)
        return found.split("Bulb</a>")[1].split("</span>")[0].rpartition(">")[2]

    def test_price_of_the_person_s_price_list(self):
        self.env["res.config.settings"].create({"group_product_pricelist": True}).execute()
        self.env["product.pricelist"].create({"name": "Usual", "sequence": 1, "selectable": True})
        half = self.env["product.pricelist"].create(
            {
                "name": "Half",
                "sequence": 9,
                "selectable": True,
                "website_id": False,
                "item_ids": [Command.create({"compute_price": "percentage", "percent_price": 50})],
            }
        )
        ada, bob = self.person("Ada"), self.person("Bob")
        ada.property_product_pricelist = half
        self.assertIn("10.00", self.price(ada))
        self.assertIn("20.00", self.price(bob))
        cart = self.cart(bob, self.product, pricelist_id=half.id)
        self.assertIn("10.00", self.price(cart))

    def test_price_with_taxes_where_the_shop_shows_them(self):
        tax = self.env["account.tax"].create({"name": "Ten", "amount": 10})
        self.bulb.taxes_id = tax
        ada = self.person()
        self.website.show_line_subtotals_tax_selection = "tax_excluded"
        self.assertIn("20.00", self.price(ada))
        self.website.show_line_subtotals_tax_selection = "tax_included"
        self.assertIn("22.00", self.price(ada))

    def abroad(self, tax):
        """Return a country whose customers do not pay a tax."""
        country = self.env["res.country"].create({"name": "Elsewhere", "code": "X9"})
        position = self.env["account.fiscal.position"].create(
            {"name": "Abroad", "auto_apply": True, "country_id": country.id}
        )
        none = {"name": "None", "amount": 0, "original_tax_ids": tax.ids}
        self.env["account.tax"].create({**none, "fiscal_position_ids": position.ids})
        return country, position

    def test_price_with_the_taxes_of_who_reads_it(self):
        tax = self.env["account.tax"].create(
            {"name": "Ten", "amount": 10, "price_include_override": "tax_included"}
        )
        self.bulb.write({"taxes_id": tax.ids, "list_price": 22})
        self.website.show_line_subtotals_tax_selection = "tax_included"
        country, position = self.abroad(tax)
        self.assertIn("22.00", self.price(self.person("Ada")))
        self.assertIn("20.00", self.price(self.person("Bob", country_id=country.id)))
        chosen = {"property_account_position_id": position.id}
        self.assertIn("20.00", self.price(self.person("Cleo", **chosen)))
        cart = self.cart(self.person("Dan"), self.product, fiscal_position_id=position.id)
        self.assertIn("20.00", self.price(cart))

    def test_price_is_what_a_customer_who_is_logged_in_sees_in_the_shop(self):
        tax = self.env["account.tax"].create(
            {"name": "Ten", "amount": 10, "price_include_override": "tax_included"}
        )
        self.bulb.write({"taxes_id": tax.ids, "list_price": 44})
        self.env["res.config.settings"].create({"group_product_pricelist": True}).execute()
        item = {"compute_price": "percentage", "percent_price": 50}
        half = self.env["product.pricelist"].create(
            {"name": "Half", "selectable": True, "item_ids": [Command.create(item)]}
        )
        country, _position = self.abroad(tax)
        user = new_test_user(self.env, "zoe", groups="base.group_portal", email="z@x.example.com")
        user.partner_id.write({"property_product_pricelist": half.id, "country_id": country.id})
        for place, shown, price in (
            (country, "tax_included", 20),
            (country.browse(), "tax_included", 22),
            (country.browse(), "tax_excluded", 20),
        ):
            user.partner_id.country_id = place
            self.website.show_line_subtotals_tax_selection = shown
            self.assertEqual(self.in_shop(user), price)
            self.assertIn(f"{price}.00", self.price(user.partner_id))

    def in_shop(self, user):
        """Return the price that the shop itself shows to somebody."""
        website = self.website.with_user(user).with_context(website_id=self.website.id)
        template = self.bulb.product_tmpl_id.with_user(user)
        with MockRequest(self.env(user=user), website=website):
            return template._get_sales_prices(website)[template.id]["price_reduce"]

    def test_price_in_the_language_of_the_reader(self):
        text = {"subject": "s", "body_html": block("new_products")}
        step = {"key": "m", "kind": "email", "texts": {"en_US": text, "fr_FR": text}}
        workflow = self.workflow([step])
        workflow.enroll(self.person("Camille", lang="fr_FR") | self.person("Ada"))
        self.run_engine()
        french, english = self.mails(workflow).sorted("res_id")
        self.assertIn("20,00", french.body_html)
        self.assertIn("20.00", english.body_html)


@tagged("post_install", "-at_install", "mail_workflow")
class TestCoupon(BlockCase):
    def setUp(self):
        super().setUp()
        self.program = self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "trigger": "with_code",
                "applies_on": "current",
                "is_released_for_workflows": True,
                "reward_ids": [
                    Command.create(
                        {"reward_type": "discount", "discount": 10, "required_points": 1}
                    )
                ],
            }
        )

    def test_card_says_what_it_gives_the_code_and_until_when(self):
        workflow = self.workflow(
            [
                {"key": "code", "kind": "coupon", "program": "Ten off", "days": 14},
                {"key": "m", "kind": "email", "subject": "s", "body_html": block("coupon")},
            ]
        )
        workflow.enroll(self.person())
        self.run_engine()
        found = self.mails(workflow)
        card = self.program.coupon_ids
        self.assertIn(card.code, found.body_html)
        self.assertIn("10% on your order", found.body_html)
        self.assertIn("03/16/2026", found.body_html)
        self.assertRegex(str(found.body_html), r'href="http[^"]+/workflow/coupon/\d+/\w{40}"')
        self.assertIn(card.code, found.workflow_text)

    def test_simulated_card_says_what_it_gives(self):
        workflow = self.workflow(
            [
                {"key": "code", "kind": "coupon", "program": "Ten off"},
                {"key": "m", "kind": "email", "subject": "s", "body_html": block("coupon")},
            ],
            start=False,
        )
        lines = workflow.simulate(self.person())["lines"]
        html = next(line["mail"]["body_html"] for line in lines if line["mail"])
        self.assertIn("SAMPLE-CODE", html)
        self.assertIn("10% on your order", html)
        self.assertIn("/workflow/sample/coupon", html)
