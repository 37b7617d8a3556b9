import re
import secrets
from datetime import datetime, timedelta, timezone

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..engine.document import first_flaw
from .mail_workflow_person import Person

NAME = re.compile(r"[\w.:-]{1,64}")
KEY_LENGTH = 200
AHEAD = timedelta(minutes=5)  # clocks differ
CALL_KEYS = ("data", "email", "key", "kind", "name", "occurred_at", "partner")
# what the engine itself notes in the data of an event
ENGINE_KEYS = {
    "anonymous",
    "enrollment_id",
    "name",
    "origin_chain",
    "origin_workflow_id",
    "step",
    "trace_id",
    "verdict",
}


class CallError(ValueError):
    """A call says something that cannot be noted; the message tells the caller what."""


class MailWorkflowSource(models.Model):
    """Another system that reports custom events by HTTP, with a secret of its own."""

    _name = "mail.workflow.source"
    _description = "Source of Custom Events"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    website_id = fields.Many2one(
        "website",
        domain="[('company_id', '=', company_id)]",
        help="Its events happen in this shop. Empty: in all of the company.",
    )
    code = fields.Char(
        string="Identifier",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: f"src_{secrets.token_hex(8)}",
        help="Names this source in its calls. It is no secret.",
    )
    secret = fields.Char(copy=False, groups=fields.NO_ACCESS)
    has_secret = fields.Boolean(compute="_compute_has_secret", compute_sudo=True)
    allowed_names = fields.Text(
        string="Events",
        help="The events it may report, one a line. Empty: any.",
    )
    calls_per_minute = fields.Integer(default=600, required=True)

    _code_unique = models.Constraint("UNIQUE (code)", "The identifier of a source is its own.")
    _calls_positive = models.Constraint(
        "CHECK (calls_per_minute > 0)", "Allow at least one call a minute."
    )

    @api.depends("secret")
    def _compute_has_secret(self):
        for source in self:
            source.has_secret = bool(source.secret)

    @api.constrains("website_id", "company_id")
    def _check_website(self):
        for source in self:
            if source.website_id and source.website_id.company_id != source.company_id:
                raise ValidationError(
                    self.env._("Source “%s”: choose a website of its company.", source.display_name)
                )

    @api.constrains("allowed_names")
    def _check_allowed_names(self):
        for source in self:
            for name in source._names():
                if not NAME.fullmatch(name):
                    raise ValidationError(
                        self.env._(
                            "“%s” cannot be the name of an event: letters, digits, “_”, “.”, “:” "
                            "and “-” only.",
                            name,
                        )
                    )

    def action_generate_secret(self):
        """Give the source a new secret and show it, this once; the old one is void."""
        self.ensure_one()
        self.check_access("write")
        secret = secrets.token_urlsafe(32)
        self.sudo().secret = secret  # nobody may read it, managers may replace it
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Secret of “%s”", self.name),
            "res_model": "mail.workflow.source.secret",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_code": self.code, "default_secret": secret},
        }

    def _names(self):
        return [name.strip() for name in (self.allowed_names or "").splitlines() if name.strip()]

    def _note(self, call):
        """Note what a call reports.

        :param dict call: the parsed body
        :returns: ``{"noted": whether a workflow listens, "duplicate": whether the key was used}``
        :raises CallError: telling the caller what is wrong
        """
        self.ensure_one()
        name, data = self._read_event(call)
        events = self.env["mail.workflow.event"]
        person, occurred_at = self._read_person(call), self._read_moment(call)
        if not events._is_listened("custom"):
            return {"noted": False, "duplicate": False}
        is_new = events._emit(
            "custom",
            data={**data, "name": name},
            key=f"{self.code}:{call['key']}",
            occurred_at=occurred_at,
            place=self,
            person=person,
        )
        return {"noted": True, "duplicate": not is_new}

    @api.model
    def _check_call(self, call):
        if not isinstance(call, dict):
            raise CallError("the body is not a JSON object")
        flaw = first_flaw(call)
        if flaw:
            raise CallError(f"{flaw[0] or 'body'}: cannot be stored ({flaw[1]})")
        for key in call:
            if key not in CALL_KEYS:
                raise CallError(f"unknown key “{key[:64]}”, known: {', '.join(CALL_KEYS)}")
        if call.get("kind", "custom") != "custom":
            raise CallError("kind: only “custom” can be reported")

    def _read_event(self, call):
        """Return the name and the data of the event."""
        self._check_call(call)
        name, data, key = call.get("name"), call.get("data", {}), call.get("key")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise CallError("name: 1 to 64 letters, digits, “_”, “.”, “:” or “-”")
        allowed = self._names()
        if allowed and name not in allowed:
            raise CallError(f"name: unknown event “{name}”, this source may report others")
        if not isinstance(data, dict):
            raise CallError("data: not an object")
        reserved = sorted(ENGINE_KEYS & data.keys())
        if reserved:
            raise CallError(f"data.{reserved[0]}: this name is taken, use another")
        if not isinstance(key, str) or not 0 < len(key) <= KEY_LENGTH:
            raise CallError(f"key: a text of 1 to {KEY_LENGTH} characters")
        return name, data

    def _read_person(self, call):
        """Return the Person a call names by address, or as a contact by reference."""
        email, reference = call.get("email"), call.get("partner")
        if reference is not None:
            if not isinstance(reference, str) or not reference.strip():
                raise CallError("partner: the reference or external id of a contact, a text")
            contact = self._find_contact(reference.strip())
            return self.env["mail.workflow.person"]._of_partner(contact)
        if email is None:
            raise CallError("say who it is: email or partner")
        normalized = isinstance(email, str) and tools.email_normalize(email)
        if not normalized:
            raise CallError("email: not an address")
        return Person(None, normalized)

    def _find_contact(self, reference):
        # the signature stands for the source, which is no user; it finds contacts of its company
        contacts_sudo = self.env["res.partner"].sudo()
        company = fields.Domain("company_id", "in", [False, self.company_id.id])
        found = contacts_sudo.search(company & fields.Domain("ref", "=", reference), limit=2)
        if not found and reference.count(".") == 1:
            external = self.env["ir.model.data"].sudo()._xmlid_to_res_model_res_id(reference)
            if external and external[0] == "res.partner":
                found = contacts_sudo.search(company & fields.Domain("id", "=", external[1]))
        if len(found) != 1:
            raise CallError(
                f"partner: {'several contacts' if found else 'no contact'} of this name"
            )
        return found

    @api.model
    def _read_moment(self, call):
        """Return when it happened, in UTC; None for now."""
        text = call.get("occurred_at")
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
            if moment.tzinfo:
                moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        except (AttributeError, OverflowError, ValueError):
            raise CallError("occurred_at: a moment as in 2026-03-02T09:00:00Z") from None
        now = fields.Datetime.now()
        if moment > now + AHEAD:
            raise CallError("occurred_at: in the future")
        return min(moment.replace(microsecond=0), now)
