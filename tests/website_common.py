"""What the tests of the website share: pages, visitors with a session, and their log-in."""

import re

from odoo.tests import new_test_user, tagged

from .http_common import BROWSER, WorkflowHttpCase


@tagged("post_install", "-at_install", "mail_workflow")
class WebsiteCase(WorkflowHttpCase):
    """Visitors come with a browser that keeps its cookies; the shop has one database server."""

    _registry_readonly_enabled = False

    def make_page(self, url, track=False, **values):
        """Publish a page at an address."""
        name = url.strip("/").replace("/", "-")
        return self.env["website.page"].create(
            {
                "name": name,
                "url": url,
                "type": "qweb",
                "key": f"website.{name}",
                "arch": f'<t name="{name}" t-name="website.{name}"><t t-call="website.layout">'
                f'<div id="wrap"><h1>{name}</h1></div></t></t>',
                "is_published": True,
                "track": track,
                "website_id": self.website.id,
                **values,
            }
        )

    def visit(self, url, **headers):
        """Open a page, as a browser with its cookies."""
        self.env.flush_all()
        answer = self.url_open(url, headers={**BROWSER, **headers})
        self.assertEqual(answer.status_code, 200, answer.text[-3000:])
        self.env.invalidate_all()
        return answer

    def new_browser(self):
        """Go on in a browser that knows no cookies."""
        self.opener.cookies.clear()

    def make_customer(self, login="ada"):
        """Return a customer with an account."""
        user = new_test_user(
            self.env,
            login=login,
            password=f"{login}{login}{login}",
            groups="base.group_portal",
            email=f"{login}@customer.example.com",
        )
        return user.partner_id

    def log_in(self, login="ada"):
        """Log in by the form."""
        page = self.visit("/web/login")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
        data = {"login": login, "password": f"{login}{login}{login}", "csrf_token": token}
        answer = self.url_open("/web/login", data=data, headers=BROWSER)
        self.assertNotIn("/web/login", answer.url)
        self.env.invalidate_all()

    def views(self, kind="page_viewed"):
        """Return the events of a kind, in order."""
        self.env.cr.flush()
        return self.env["mail.workflow.event"].search([("kind", "=", kind)], order="id")
