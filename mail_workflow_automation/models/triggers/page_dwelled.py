import json
import re
import secrets
import time

from markupsafe import escape

from odoo import api, fields, models, tools
from odoo.http import request

from ...engine.pages import is_at
from ..mail_workflow_filter import filter_field

DEFAULT_SECONDS = 10
MOST_SECONDS = 3600
TOKEN_HOURS = 12
SCOPE = "mail_workflow_dwell"
# of a page that Odoo keeps, the attribute may be there from the last time it was made
ROOT = re.compile(rb'id="wrapwrap"(?: data-mail-workflow-dwell="[^"]*")?')


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("page_dwelled", "Stayed on a page")], ondelete={"page_dwelled": "cascade"}
    )
    filter_seconds = filter_field(
        fields.Integer,
        string="Seconds",
        help="Only the time in which the page is really seen counts. 0: 10 seconds.",
    )


class MailWorkflowTriggerPageDwelled(models.AbstractModel):
    """Somebody had a page before them for some seconds.

    The page itself tells, by a script that runs only where a workflow listens. It tells once for
    each number of seconds that is waited for; ``since`` is the one before.
    """

    _name = "mail.workflow.trigger.page_dwelled"
    _inherit = "mail.workflow.trigger.page_viewed"
    _description = "Workflow Trigger: Stayed on a Page"

    _icon = "fa-hourglass-half"
    _filter_fields = {"url": "filter_url", "seconds": "filter_seconds"}

    @api.model
    def _matches(self, filters, event):
        return super()._matches({"seconds": DEFAULT_SECONDS, **filters}, event)

    @api.model
    def _passes(self, data, key, value):
        if key == "seconds":
            numbers = data.get("since"), data.get("seconds"), value
            if not all(isinstance(number, int) for number in numbers):
                return False
            return data["since"] < value <= data["seconds"]
        return super()._passes(data, key, value)

    @api.model
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        seconds = filters.get("seconds")
        if isinstance(seconds, int) and not 0 < seconds <= MOST_SECONDS:
            problems.append(
                self.env._("say for how many seconds, 1 to %(most)s", most=MOST_SECONDS)
            )
        return problems

    @api.model
    def _seconds(self, path):
        """Return the numbers of seconds that somebody waits for on a page, in order; no query."""
        return sorted(
            {
                one.get("seconds", DEFAULT_SECONDS)
                for one in self.env["mail.workflow.listening"]._filters("page_dwelled")
                if "url" not in one or is_at(one["url"], path)
            }
        )

    @api.model
    def _script_values(self, path, seconds, needs_consent):
        """Return what the page's script needs; the token says which page was shown, and when."""
        values = [path, time.time(), secrets.token_hex(8), seconds]
        token = tools.hash_sign(self.env(su=True), SCOPE, values, expiration_hours=TOKEN_HOURS)
        return {"token": token, "seconds": seconds, "consent": needs_consent}

    @api.model
    def _note_told(self, told, seen):
        """Note what a page's script told.

        :param dict told: ``token`` and ``seconds``
        :returns: False for a token that is not ours
        """
        try:
            values = tools.verify_hash_signed(self.env(su=True), SCOPE, told["token"])
        except (AttributeError, KeyError, TypeError, ValueError):
            values = None
        if not values:
            return False
        path, shown_at, nonce, steps = values
        seconds = told.get("seconds")
        # nobody has looked at a page for longer than it has been there
        if seconds in steps and time.time() - shown_at >= seconds:
            since = max([0, *(step for step in steps if step < seconds)])
            self.env["mail.workflow.visitor"]._note(
                "page_dwelled", path, seen, f"{nonce}:{seconds}", seconds=seconds, since=since
            )
        return True

    @api.model
    def _kept(self, companies):
        return None


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _register_website_track(cls, response):
        result = super()._register_website_track(response)
        if request.env["mail.workflow.event"]._is_listened("page_dwelled"):
            cls._add_dwell_script(response)
        return result

    @classmethod
    def _add_dwell_script(cls, response):
        """Let a page tell how long it is seen, where somebody listens."""
        handler = request.env["mail.workflow.trigger.page_dwelled"]
        path = request.env["mail.workflow.visitor"]._path(response)
        seconds = handler._seconds(path) if path and response.is_sequence else ()
        if seconds:
            if getattr(response, "is_qweb", False):
                response.flatten()
            values = handler._script_values(path, seconds, request.website.cookies_bar)
            attribute = f'id="wrapwrap" data-mail-workflow-dwell="{escape(json.dumps(values))}"'
            # bytes: a file of any encoding can be served as a page
            html = response.get_data()
            response.set_data(ROOT.sub(lambda _found: attribute.encode(), html, count=1))
