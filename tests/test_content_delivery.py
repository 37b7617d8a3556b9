"""A lead magnet from its form to the step after the download: a real Odoo server with its crons, a
real mail server, and a reader who follows the links of what arrives there."""

import base64
import re
import urllib.request
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest

from dev.receiver import Receiver
from dev.server import OdooServer
from tests import jobs
from tests.http_common import BROWSER
from tests.test_server_lanes import until
from tests.workers import Workers

ADA = "ada@customer.example.com"
PATH = """
    SELECT s.key, x.state, x.branch FROM mail_workflow_execution x
      JOIN mail_workflow_step s ON s.id = x.step_id
     WHERE s.workflow_id = %s ORDER BY x.id
"""


class Reader:
    """Somebody with a browser, who reads the mails of one address."""

    def __init__(self, server, receiver):
        self._server, self._receiver = server, receiver

    def ask(self, path, form=None):
        """Follow an address at the server, by its path alone; return the answer and its body."""
        data = None if form is None else urlencode(form).encode()
        request = urllib.request.Request(f"{self._server.url}{path}", data, BROWSER)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer, answer.read()

    def mails(self):
        return [one for one in self._receiver.messages() if one["X-Rcpt-To"] == ADA]

    def subjects(self):
        return [message["Subject"] for message in self.mails()]

    def link(self, subject, fragment):
        """Wait for a mail; return the path of its link that has a fragment."""
        until(lambda: any(subject in one for one in self.subjects()))
        (found,) = [one for one in self.mails() if subject in one["Subject"]]
        html = found.get_body(("html",)).get_content()
        urls = [unescape(url) for url in re.findall(r'href="([^"]+)"', html)]
        return urlsplit(next(url for url in urls if fragment in url)).path


@pytest.fixture(scope="module")
def workers():
    with Workers("content") as running:
        yield running


def arrange(workers, receiver):
    """Offer a guide, and start the workflow that sends it; return the ids of both."""
    guide = workers.run(
        jobs.create,
        model="mail.workflow.content",
        values={
            "name": "Light",
            "file_name": "light.pdf",
            "file": base64.b64encode(b"%PDF light").decode(),
            "double_opt_in": True,
        },
    )
    mail = {"kind": "email", "body_html": f"<a href='/workflow/content/{guide}'>Your guide</a>"}
    fetched = {"kind": "content_downloaded", "filters": {"content": "Light"}, "branch": "fetched"}
    branches = {
        "fetched": {"steps": [{**mail, "key": "more", "subject": "More light"}]},
        "timeout": {"steps": [{**mail, "key": "again", "subject": "Did you see it?"}]},
    }
    workflow = workers.run(
        jobs.arrange,
        steps=[
            {**mail, "key": "guide", "subject": "Your guide"},
            {"key": "read", "kind": "wait", "days": 3, "events": [fetched], "branches": branches},
        ],
        triggers=[{"kind": "content_requested", "filters": {"content": "Light"}}],
        smtp_port=receiver.port,
    )
    return guide, workflow


def test_from_the_form_to_the_step_after_the_download(workers, tmp_path):
    with Receiver(tmp_path / "mails") as receiver:
        guide, workflow = arrange(workers, receiver)
        with OdooServer(workers.name) as server:
            ada = Reader(server, receiver)
            assert b"Light" in ada.ask(f"/workflow/content/{guide}")[1]
            form = {"content_id": guide, "name": "Ada", "email": ADA, "consent": "Yes"}
            ada.ask("/website/form/mail.workflow.content.request", form)
            confirm = ada.link("Please confirm", "/workflow/content/confirm/")
            ada.ask(confirm)
            assert workers.query(PATH, workflow) == [], "looking confirms nothing"
            ada.ask(confirm, {})
            download = ada.link("Your guide", f"/workflow/content/{guide}/")
            answer, content = ada.ask(download)
            assert content == b"%PDF light"
            assert "light.pdf" in answer.headers["Content-Disposition"]
            ada.link("More light", "/workflow/content/")
            until(lambda: workers.query(PATH, workflow)[-1][1] == "done")
            assert len(ada.subjects()) == 3
    assert workers.query(PATH, workflow) == [
        ("guide", "done", "then"),
        ("read", "done", "fetched"),
        ("more", "done", "then"),
    ]
