from odoo import http
from odoo.http import request

from ..engine.document import parse
from . import limits
from .visitor import has_consent, verdict


class WorkflowDwell(http.Controller):
    @http.route(
        "/workflow/dwell",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        multilang=False,
        csrf=False,
        save_session=False,
        max_content_length=4096,
    )
    def dwell(self, **_params):
        """Note how long a page was looked at, as its own script tells (``page_dwelled``).

        The token on the page stands for it; the answer is the same to everybody.
        """
        seen = verdict()
        listened = request.env["mail.workflow.event"]._is_listened("page_dwelled")
        if listened and has_consent() and seen != "bot":
            try:
                told = parse(request.httprequest.get_data())
            except ValueError:
                told = None
            token = told.get("token") if isinstance(told, dict) else None
            is_own = token and request.env["mail.workflow.trigger.page_dwelled"]._note_told(
                told, seen
            )
            too_often = limits.same_link("dwell", token) if is_own else limits.wrong_token()
            if too_often:
                return too_often
        return http.Response(status=204)
