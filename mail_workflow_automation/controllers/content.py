from odoo import http
from odoo.http import request

from . import limits
from .cart import WorkflowCart
from .visitor import is_visit, same_token, verdict

PATH = "/workflow/content"


class WorkflowContent(WorkflowCart):
    @http.route(f"{PATH}/<int:content_id>", type="http", auth="public", website=True, sitemap=False)
    def content(self, content_id, **_params):
        """Show the page on which a content can be asked for, by a website form."""
        # what can be asked for is shown to everybody
        content_sudo = request.env["mail.workflow.content"].sudo().browse(content_id)
        if not content_sudo._is_shown_on(request.website):
            return request.not_found()
        return request.render("mail_workflow_automation.content_page", {"content": content_sudo})

    @http.route(
        f"{PATH}/<int:content_id>/<int:execution_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        multilang=False,
    )
    def download(self, content_id, execution_id, token, **_params):
        """Give a reader the content by the personal link of a mail, and note it.

        Where it is, is computed here; a wrong token leads to the page with the form. A HEAD
        request does nothing.
        """
        expected = request.env["mail.workflow.mailer"]._content_token(content_id, execution_id)
        is_own = same_token(token, expected)
        link = ("content", content_id, execution_id)
        too_often = limits.same_link(*link) if is_own else limits.wrong_token()
        if too_often:
            return too_often
        # the signed token stands for the reader, who is not logged in
        content_sudo = request.env["mail.workflow.content"].sudo().browse(content_id).exists()
        if not is_own or not is_visit() or not content_sudo:
            response = request.redirect(f"{PATH}/{content_id}", code=302)
        elif content_sudo.url:
            response = request.redirect(content_sudo.url, code=302, local=False)
        else:
            stream = request.env["ir.binary"]._get_stream_from(
                content_sudo, "file", filename=content_sudo.file_name or content_sudo.name
            )
            response = stream.get_response(as_attachment=True, immutable=False)
        if is_own and is_visit() and content_sudo:
            self._note_download(content_sudo, execution_id)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _note_download(self, content_sudo, execution_id):
        execution_sudo = request.env["mail.workflow.execution"].sudo().browse(execution_id).exists()
        run_sudo = execution_sudo.enrollment_id
        if not run_sudo:
            return
        self._note_click(execution_sudo, content_sudo.page_path)
        request.env["mail.workflow.event"]._emit(
            "content_downloaded",
            record=request.env[run_sudo.res_model].browse(run_sudo.res_id),
            partner=run_sudo.partner_id or None,
            place=run_sudo,
            data={
                "content": content_sudo.id,
                "workflow_id": run_sudo.workflow_id.id,
                "verdict": verdict(),
            },
        )

    @http.route(
        f"{PATH}/confirm/<int:request_id>/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
        csrf=False,
    )
    def confirm(self, request_id, token, **_params):
        """Show the button that confirms an address, and take its press: a GET confirms nothing.

        The signed token stands for the owner of the address.
        """
        asked_sudo = request.env["mail.workflow.content.request"].sudo().browse(request_id)
        # whoever was forgotten since has no address to confirm
        is_own = asked_sudo.exists().email_normalized and same_token(token, asked_sudo._token())
        link = ("confirm", request_id)
        too_often = limits.same_link(*link) if is_own else limits.wrong_token()
        if too_often:
            return too_often
        if not is_own:
            return request.not_found()
        if request.httprequest.method == "POST":
            asked_sudo._confirm()
            request.env["mail.workflow.visitor"]._note_address(asked_sudo.email)
        response = request.render(
            "mail_workflow_automation.content_confirm_page", {"asked": asked_sudo}
        )
        response.headers["Cache-Control"] = "no-store"
        return response
