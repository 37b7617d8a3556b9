import hashlib
import hmac
import json
import time

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..engine.document import parse
from ..models.mail_workflow_source import CallError
from . import limits
from .visitor import same_token

MOST_BYTES = 64 * 1024
PATIENCE = 300  # seconds a call may be old, or a clock be ahead
# compared with where there is no such source: a wrong name costs what a wrong signature costs
NOBODY = "nobody's secret"


class WorkflowEvent(http.Controller):
    @http.route(
        "/workflow/event",
        type="http",
        auth="none",
        readonly=False,
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MOST_BYTES,
    )
    def event(self, **_params):
        """Note an event that another system reports (docs/events.md).

        The signature stands for the caller: HMAC-SHA256 of timestamp and body. Whatever comes in,
        the answer is a status and a reason.
        """
        if request.httprequest.mimetype != "application/json":
            return self._refuse(415, "send application/json")
        if request.httprequest.content_length is None:
            return self._refuse(411, "say how long the body is")
        body = request.httprequest.get_data()
        source = self._source(body)
        if not source:
            return limits.wrong_token() or self._refuse(401, "wrong source, timestamp or signature")
        too_often = limits.source(source.id, source.calls_per_minute)
        if too_often:
            return too_often
        try:
            call = parse(body)
        except ValueError:
            return self._refuse(400, "the body is not JSON")
        try:
            if isinstance(call, dict):
                # without a key the very same call is the same event
                call.setdefault("key", self._header("Signature"))
            return self._answer(200, source._note(call))
        except CallError as error:
            return self._refuse(422, str(error))

    def _source(self, body):
        """Return the source that signed the call, empty when nobody did."""
        env = request.env(user=SUPERUSER_ID)  # the signature stands for the caller, who is no user
        code, stamp = self._header("Source"), self._header("Timestamp")
        source = env["mail.workflow.source"].search_fetch(
            [("code", "=", code)], ["secret", "calls_per_minute", "allowed_names"], limit=1
        )
        secret = source.secret or NOBODY
        signed = f"{stamp}.".encode(errors="replace") + body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        is_right = same_token(self._header("Signature"), f"sha256={expected}")
        is_fresh = stamp.isdecimal() and abs(time.time() - int(stamp[:12])) <= PATIENCE
        return source if is_right and is_fresh and source.secret else source.browse()

    def _header(self, name):
        return request.httprequest.headers.get(f"X-Workflow-{name}", "").replace("\x00", "")

    def _refuse(self, status, reason):
        return self._answer(status, {"error": reason})

    def _answer(self, status, content):
        return http.Response(
            json.dumps(content, ensure_ascii=False),
            status=status,
            headers={"Cache-Control": "no-store"},
            mimetype="application/json",
        )
