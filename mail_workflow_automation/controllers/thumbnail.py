from odoo import http
from odoo.http import request

# nothing in it runs or calls anybody
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'self'"
)
PAGE = '<!DOCTYPE html><html><head><base target="_blank"/></head><body>%s</body></html>'


class WorkflowThumbnail(http.Controller):
    @http.route(
        "/workflow/thumbnail/<int:text_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def thumbnail(self, text_id, **_params):
        """Show a mail as it is written, for the small picture on its card.

        Who may not read the step sees nothing. It is what the designer saved, rendered for nobody.
        """
        text = request.env["mail.workflow.step.text"].search([("id", "=", text_id)])
        if not text:
            return request.not_found()
        headers = {
            "Content-Security-Policy": POLICY,
            "Cache-Control": "private, max-age=86400",
        }
        return request.make_response(PAGE % (text.body_html or ""), headers=headers.items())
