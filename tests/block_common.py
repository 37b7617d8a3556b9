"""What the tests of content blocks share."""

import re

from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkflowCase, mail


def block(name, words="Sample", **options):
    """Return the element of a block in a text."""
    marks = "".join(f' data-mwa-{option}="{value}"' for option, value in options.items())
    return f'<div data-mwa-block="{name}"{marks}>{words}</div>'


@tagged("post_install", "-at_install", "mail_workflow")
class BlockCase(WorkflowCase):
    """Mails with blocks, made as they are sent."""

    def product_(self, name, **values):
        """Put a product into the shop."""
        return self.env["product.product"].create(
            {"name": name, "list_price": 10.0, "is_published": True, "taxes_id": False, **values}
        )

    def order(self, partner, *products, **values):
        """Confirm an order of a contact."""
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "website_id": self.website.id,
                "order_line": [Command.create({"product_id": one.id}) for one in products],
                **values,
            }
        )
        order.action_confirm()
        order.date_order = values.get("date_order", self.now)
        return order

    def mails_of(self, body, records, model=None, **values):
        """Send a text to records; return their mails in the order of the records."""
        workflow = self.workflow([mail("m", body=body)], model=model or records._name, **values)
        workflow.enroll(records)
        self.run_engine()
        found = self.mails(workflow)
        self.assertFalse(self.runs(workflow).execution_ids.filtered("error"))
        by_record = found.grouped("res_id")
        return [by_record[record.id] for record in records]

    def mail_of(self, body, record, **values):
        """Send a text to one record; return the mail."""
        return self.mails_of(body, record, **values)[0]

    def names(self, html):
        """Return the products that a mail shows, in their order."""
        return re.findall(r"<a [^>]*/workflow/product/[^>]*>([^<]+)</a>", str(html))

    def count_purchases(self):
        """Count what is bought together, as it is done once a day."""
        self.env["mail.workflow.affinity"]._refresh(self.env.company, self.now)
