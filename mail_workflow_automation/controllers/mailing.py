from werkzeug.exceptions import BadRequest, HTTPException, abort

from odoo import http
from odoo.http import request

from odoo.addons.website_mass_mailing.controllers.main import MassMailController

from . import limits
from .visitor import is_visit, judged, same_token

NOT_STORED = {"Cache-Control": "no-store"}


class WorkflowMailing(MassMailController):
    """What differs for the mails of workflows: opt-out is from the workflow's list, a GET changes
    nothing, a HEAD is no visit, machines are noted as such, a click needs the token of its mail."""

    def _check_mailing_email_token(self, mailing_id, document_id, email, hash_token, **kwargs):
        try:
            if document_id and not str(document_id).isdecimal():
                raise BadRequest()
            if hash_token and not hash_token.isascii():
                raise BadRequest()
            return super()._check_mailing_email_token(
                mailing_id, document_id, email, hash_token, **kwargs
            )
        except HTTPException:
            too_often = limits.wrong_token()
            if too_often:
                abort(too_often)
            raise

    @http.route()
    def track_mail_open(self, mail_id, token, **post):
        traces_sudo = request.env["mailing.trace"].sudo()
        trace_sudo = traces_sudo.search([("mail_mail_id_int", "=", mail_id)], limit=1)
        if not token.isascii():
            raise BadRequest()
        is_own = same_token(token, request.env["mail.mail"]._generate_mail_recipient_token(mail_id))
        too_often = limits.same_link("pixel", mail_id) if is_own else limits.wrong_token()
        if too_often:
            return too_often
        seen = judged()
        if is_visit() and (not seen or not trace_sudo.workflow_enrollment_id):
            if is_own:
                trace_sudo._note_late_reader()
            return super().track_mail_open(mail_id, token, **post)
        if is_visit() and is_own:
            trace_sudo._note_event("email_opened", **seen)
        return request.make_response(b"", headers={"Content-Type": "image/gif", **NOT_STORED})

    @http.route()
    def full_url_redirect(self, code, mailing_trace_id, k="", **post):
        trace_sudo = request.env["mailing.trace"].sudo().browse(mailing_trace_id).exists()
        if is_visit() and not trace_sudo.workflow_enrollment_id:
            return super().full_url_redirect(code, mailing_trace_id, **post)
        url = request.env["link.tracker"].get_url_from_code(code)
        if not url:
            return request.not_found()
        is_own = (
            trace_sudo and same_token(k, trace_sudo._click_token()) and trace_sudo._has_link(code)
        )
        too_often = (
            limits.same_link("click", mailing_trace_id, code) if is_own else limits.wrong_token()
        )
        if too_often:
            return too_often
        if is_visit() and is_own:
            self._note_click(trace_sudo, code, url)
        response = request.redirect(url, code=302, local=False)
        response.headers.update(NOT_STORED)
        return response

    def _note_click(self, trace_sudo, code, url):
        seen = judged()
        if seen:
            trace_sudo._note_event("email_clicked", url=url, **seen)
            return
        request.env["link.tracker.click"].sudo().add_click(
            code,
            ip=request.httprequest.remote_addr,
            country_code=request.geoip.country_code,
            mailing_trace_id=trace_sudo.id,
        )
        request.env["mail.workflow.visitor"]._note_came_by(trace_sudo)

    @http.route()
    def mailing_unsubscribe(self, mailing_id, document_id=None, email=None, hash_token=None):
        is_workflow = self._workflow_mailing(mailing_id)
        if not is_workflow or request.httprequest.method == "POST":
            return super().mailing_unsubscribe(
                mailing_id, document_id=document_id, email=email, hash_token=hash_token
            )
        # rule 32: a GET shows the page of choices and changes nothing
        email_found, hash_token_found = self._fetch_user_information(email, hash_token)
        mailing_sudo = self._check_mailing_email_token(
            mailing_id, document_id, email_found, hash_token_found, required_mailing_id=True
        )
        return request.render(
            "mass_mailing.page_mailing_unsubscribe",
            self._prepare_mailing_subscription_values(
                mailing_sudo, document_id, email_found, hash_token_found
            ),
        )

    def _workflow_mailing(self, mailing_id):
        # whether a mailing is a workflow's is no secret; the page that follows checks the token
        return bool(request.env["mailing.mailing"].sudo().browse(mailing_id).exists().workflow_id)

    def _mailing_unsubscribe_from_document(self, mailing, document_id, email, hash_token):
        workflow_sudo = mailing.sudo().workflow_id
        if not workflow_sudo:
            return super()._mailing_unsubscribe_from_document(
                mailing, document_id, email, hash_token
            )
        traces_sudo = request.env["mailing.trace"].sudo()
        others = traces_sudo._note_unsubscribed(mailing, document_id, email)
        if not workflow_sudo.list_id:
            self._block(others)
            return super()._mailing_unsubscribe_from_document(
                mailing, document_id, email, hash_token
            )
        for address in (email, *others):
            workflow_sudo._opt_out(address)
        return request.render(
            "mass_mailing.page_mailing_unsubscribe",
            dict(
                self._prepare_mailing_subscription_values(mailing, document_id, email, hash_token),
                last_action="subscription_updated",
                unsubscribed_name=request.env._(
                    "You will get no more mail on “%s”.", workflow_sudo.list_id.name
                ),
            ),
        )

    @http.route()
    def mailing_view_in_browser(
        self, mailing_id, email=None, document_id=None, hash_token=None, **kwargs
    ):
        if not self._workflow_mailing(mailing_id) or not document_id:
            return super().mailing_view_in_browser(
                mailing_id, email=email, document_id=document_id, hash_token=hash_token, **kwargs
            )
        mailing_sudo = self._check_mailing_email_token(
            mailing_id, document_id, email, hash_token, required_mailing_id=True
        )
        trace_sudo = (
            request.env["mailing.trace"].sudo()._of_reader(mailing_sudo, document_id, email)
        )
        html = trace_sudo and request.env["mail.workflow.mailer"].sudo()._render_for_web(trace_sudo)
        if not html:
            return request.not_found()
        return request.make_response(
            str(html), headers={"Content-Type": "text/html; charset=utf-8"}
        )

    @http.route()
    def mail_blocklist_add(self, mailing_id=None, document_id=None, email=None, hash_token=None):
        answer = super().mail_blocklist_add(
            mailing_id=mailing_id, document_id=document_id, email=email, hash_token=hash_token
        )
        if answer is True and mailing_id and hash_token:
            mailing_sudo = request.env["mailing.mailing"].sudo().browse(int(mailing_id)).exists()
            traces_sudo = request.env["mailing.trace"].sudo()
            self._block(traces_sudo._note_unsubscribed(mailing_sudo, document_id, email))
        return answer

    def _block(self, addresses):
        """Write nothing more to the other addresses of who unsubscribed from everything."""
        for address in addresses:
            request.env["mail.blacklist"].sudo()._add(address)
