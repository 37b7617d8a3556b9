from odoo import api, models, tools

# in the context while an answer is received that a machine wrote
AUTOMATIC = "workflow_automatic_answer"


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """A note that somebody is away is no answer of theirs to a workflow's mail."""
        thread = self
        if self._is_workflow_automatic(message):
            thread = self.with_context(**{AUTOMATIC: True})
        return super(MailThread, thread)._message_route_process(message, message_dict, routes)

    @api.model
    def _is_workflow_automatic(self, message):
        """Tell whether a message says that no person wrote it (RFC 3834, and what came before)."""
        submitted = str(message.get("Auto-Submitted") or "no").strip().lower()
        precedence = str(message.get("Precedence") or "").strip().lower()
        marks = (message.get("X-Autoreply"), message.get("X-Autorespond"))
        return submitted != "no" or precedence == "auto_reply" or any(marks)

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Count a mail of a workflow against its address only where it is refused for good: not
        one that is on its way still, or that met a full mailbox."""
        action, status = self._workflow_delivery_status(email_message)
        is_soft = action != "failed" or status.startswith("4.")
        traces_sudo = self.env["mailing.trace"].sudo()
        if is_soft and message_dict["bounced_msg_ids"]:
            traces_sudo = traces_sudo.search(
                [
                    ("message_id", "in", message_dict["bounced_msg_ids"]),
                    ("workflow_enrollment_id", "!=", False),
                ]
            )
        if not traces_sudo:
            return super()._routing_handle_bounce(email_message, message_dict)
        if action == "failed":
            # it did not arrive: that is what the figures say
            reason = tools.html2plaintext(message_dict.get("body") or "")
            traces_sudo.set_bounced(bounce_message=reason)
        return None

    @api.model
    def _workflow_delivery_status(self, email_message):
        """Return what a mail server says of its attempt (RFC 3464), ``(action, status)``; failed
        for good where it says nothing."""
        for part in email_message.walk():
            if part.get_content_type() != "message/delivery-status":
                continue
            # of the message first, then of each of its readers: a workflow's mail has one
            told = part.get_payload()
            reader = told[1] if isinstance(told, list) and len(told) > 1 else {}
            action = str(reader.get("Action") or "failed")
            return action.strip().lower(), str(reader.get("Status") or "").strip()
        return "failed", ""
