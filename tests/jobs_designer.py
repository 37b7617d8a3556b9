"""What the test of the mail designer lets real processes arrange (see workers.py)."""

from datetime import timedelta

from odoo.fields import Command, Datetime

from tests.common import new_marketer
from tests.jobs import SENDER

MAIL = {"key": "remind", "kind": "email", "subject": "Your cart waits"}


def shop(env, smtp_port):
    """Forget a cart in a shop, and draft a workflow whose mail is still to be written; return the
    id of the workflow and of its mail step."""
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create(
        {"name": "Receiver", "smtp_host": "127.0.0.1", "smtp_port": smtp_port}
    )
    marketer = new_marketer(env)
    website = env["website"].search([("company_id", "=", env.company.id)], limit=1)
    lamp, bulb = env["product.product"].create(
        [
            {"name": name, "list_price": price, "is_published": True}
            for name, price in (("Brass lamp", 40), ("Warm bulb", 5))
        ]
    )
    lamp.accessory_product_ids = bulb.product_tmpl_id.product_variant_ids
    reader = {"name": "Ada", "email": "ada@customer.example.com", "lang": "en_US"}
    cart = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create(reader).id,
            "website_id": website.id,
            "order_line": [Command.create({"product_id": lamp.id})],
        }
    )
    cart.cart_changed_at = Datetime.now() - timedelta(hours=30)
    definition = {
        "format": 1,
        "name": "Designed",
        "model": "sale.order",
        "triggers": [{"kind": "cart_abandoned", "hours": 24}],
        "email_from": SENDER,
        "steps": [MAIL],
    }
    return env["mail.workflow"].with_user(marketer).import_definition(definition).id


def saved(env, workflow_id):
    """Return what the designer saved of the one mail of a workflow: its design, and what is
    sent."""
    mailing = env["mail.workflow"].browse(workflow_id).step_ids.text_ids.mailing_id
    return [str(mailing.body_arch or ""), str(mailing.body_html or "")]
