from urllib.parse import urlsplit

from odoo.tools import email_normalize

from odoo.addons.website.controllers.form import WebsiteForm

from ..models.mail_workflow_person import Person


class WorkflowForm(WebsiteForm):
    """Notes what comes in by the forms of the website."""

    def insert_record(self, request, model_sudo, values, custom, meta=None):
        given = values.get("email_from") or values.get("email")  # Odoo puts another in its place
        record_id = super().insert_record(request, model_sudo, values, custom, meta=meta)
        if not record_id:
            return record_id
        request.env["mail.workflow.visitor"]._note_address(given)
        events = request.env["mail.workflow.event"].sudo()
        if events._is_listened("form_submitted"):
            # a mail is sent and gone; it is from who filled in the form
            is_mail = model_sudo.model == "mail.mail"
            record = None if is_mail else request.env[model_sudo.model].sudo().browse(record_id)
            if not self._waits_for_confirmation(record):
                events._emit(
                    "form_submitted",
                    record=record,
                    person=self._form_person(record, email_normalize(given)),
                    data={"model": model_sudo.model, "page": self._form_page(request)},
                    place=request.website,
                )
        return record_id

    def _waits_for_confirmation(self, record):
        """Tell whether the address is anybody's until its owner confirms it."""
        return bool(
            record is not None
            and record._name == "mail.workflow.content.request"
            and record.needs_confirmation
        )

    def _form_person(self, record, email):
        """Return who sent a form: whom the record is about, else who has the address."""
        known = record is not None and record.env["mail.workflow.person"]._of(record)
        return (known and known.get(record.id)) or (Person(None, email) if email else None)

    def _form_page(self, request):
        """Return the path of the page with the form, without the language."""
        try:
            path = urlsplit(request.httprequest.referrer or "").path
        except ValueError:  # whatever the browser says
            return ""
        first, _slash, rest = path.lstrip("/").partition("/")
        languages = {one.url_code for one in request.env["res.lang"]._get_frontend().values()}
        return f"/{rest}" if first in languages else path
