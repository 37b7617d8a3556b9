"""What the tests over real HTTP share: the mail as it goes out, and its links."""

import re
from html import unescape
from urllib.parse import urlsplit

from odoo.tests import HttpCase, tagged

from odoo.addons.mail_workflow_automation.controllers import limits

from .common import WorkflowCase

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
MACHINE = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
BODY = (
    "<p>Hello <t t-out='object.name'/></p><p><a href='/shop'>Shop</a> "
    "<a href='https://elsewhere.example.com/page'>Elsewhere</a> "
    "<a href='/unsubscribe_from_list'>Unsubscribe</a> <a href='/view'>View online</a></p>"
)


@tagged("post_install", "-at_install", "mail_workflow")
class WorkflowHttpCase(WorkflowCase, HttpCase):
    """Links are followed as a mail program does: without a login, by their path."""

    def setUp(self):
        super().setUp()
        limits.clear()  # all tests have one address

    def outgoing(self, mail):
        """Return a mail as it is handed to the mail server: body and headers."""
        self.env.flush_all()
        return mail._prepare_outgoing_list()[0]

    def links(self, mail):
        """Return the addresses in a mail, in order, the pixel last."""
        return [
            unescape(url)
            for url in re.findall(r'(?:href|src)="(http[^"]+)"', self.outgoing(mail)["body"])
        ]

    def link(self, mail, fragment):
        """Return the first address in a mail that has a fragment."""
        return next(url for url in self.links(mail) if fragment in url)

    def ask(self, url, method="GET", data=None, headers=None):
        """Follow an address at this server, by its path alone; do not follow where it leads."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.env.flush_all()
        self.opener.cookies.clear()
        answer = self.opener.request(
            method,
            f"{self.base_url()}{path}",
            data=data,
            headers=headers or BROWSER,
            timeout=30,
            allow_redirects=False,
        )
        self.env.invalidate_all()
        return answer

    def one_click(self, mail):
        """Return the address of the header by which a mail program unsubscribes its reader."""
        headers = self.outgoing(mail)["headers"]
        self.assertEqual(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        return headers["List-Unsubscribe"].strip("<>")

    def events(self, workflow, kind=None):
        """Return ``[(kind, verdict)]`` of the events of a workflow's mails, in order."""
        self.env.cr.flush()
        found = self.env["mail.workflow.event"].search([], order="id")
        return [
            (event.kind, event.verdict)
            for event in found
            if (event.data or {}).get("workflow_id") == workflow.id and kind in (None, event.kind)
        ]


class RealClock:
    """For tests in which somebody outside looks at a clock of their own: a browser, a caller."""

    def setUp(self):
        super().setUp()
        self._frozen.stop()
        self._frozen = self

    def stop(self):
        """Nothing is frozen."""
