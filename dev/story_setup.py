"""Run in Odoo's shell: a shop as a marketer would have it, with the two recipes started.

Reads SETTINGS (a dict, put before this text) and prints what the story needs as one JSON line.
"""
# ruff: noqa: F821 - env and SETTINGS are given by who runs this text

import base64
import json

from odoo.fields import Command
from odoo.tools import file_open

WORKFLOW_USER = "mail_workflow_automation.mail_workflow_group_user"


def configure(base_url, smtp_port):
    """Outgoing mail to the receiver, sign-up for everybody, French pages, a way to pay."""
    parameters = env["ir.config_parameter"]
    parameters.set_param("web.base.url", base_url)
    parameters.set_param("web.base.url.freeze", "True")
    parameters.set_param("auth_signup.invitation_scope", "b2c")
    env["ir.mail_server"].search([]).active = False
    env["ir.mail_server"].create(
        {"name": "Receiver", "smtp_host": "127.0.0.1", "smtp_port": smtp_port}
    )
    env.company.email = "shop@shop.example.com"
    website = env["website"].search([("company_id", "=", env.company.id)], limit=1)
    website.write(
        {"auth_signup_uninvited": "b2c", "language_ids": [Command.link(env.ref("base.lang_fr").id)]}
    )
    demo = env.ref("payment_demo.payment_provider_demo", raise_if_not_found=False) or env[
        "payment.provider"
    ].search([("code", "=", "demo")], limit=1)
    demo.write({"state": "test", "is_published": True})
    demo.with_context(active_test=False).payment_method_ids.filtered(
        lambda method: method.code == "demo"
    ).active = True
    # a PDF beside the order's confirmation needs wkhtmltopdf, a program that few machines have
    env.ref("sale.mail_template_sale_confirmation").report_template_ids = [Command.clear()]
    return website


def products():
    """Two products with a picture and a price, in stock or not to be counted."""
    with file_open("product/static/img/product_product_11-image.jpg", "rb") as picture:
        image = base64.b64encode(picture.read())
    return env["product.product"].create(
        [
            {
                "name": name,
                "list_price": price,
                "type": "consu",
                "is_published": True,
                "image_1920": image,
                "taxes_id": [Command.clear()],
            }
            for name, price in (("Harbor chair", 129.0), ("Lighthouse lamp", 49.0))
        ]
    )


def marketer():
    """A user who may write workflows and has no Settings rights."""
    user = env["res.users"].search([("login", "=", "marketer")]) or env["res.users"].create(
        {
            "name": "Maya Marketer",
            "login": "marketer",
            "password": "marketer",
            "email": "maya@shop.example.com",
            "group_ids": [Command.link(env.ref(WORKFLOW_USER).id)],
        }
    )
    return user


website = configure(SETTINGS["base_url"], SETTINGS["smtp_port"])
shop_products = products()
newsletter = env["mailing.list"].create({"name": "Harbor letters", "is_public": True})
workflows = env["mail.workflow"].with_user(marketer())
started = {recipe: workflows.create_from_recipe(recipe) for recipe in ("abandoned_cart", "welcome")}
for workflow in started.values():
    workflow.action_start()
env.cr.commit()
print(
    "STORY "
    + json.dumps(
        {
            "products": [[p.product_tmpl_id.id, p.id, p.name] for p in shop_products],
            "list_id": newsletter.id,
            "cart_workflow": started["abandoned_cart"].name,
            "country_id": env.ref("base.be").id,
        }
    )
)
