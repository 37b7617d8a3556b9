import json

from odoo import api, fields, models, tools
from odoo.http import request
from odoo.tools import SQL

from ..engine.pages import path_of
from .mail_workflow_listening import VISITOR_KNOWN
from .mail_workflow_person import Person

# mark in the data of what a visitor did before they were known: it brings nobody in
ANONYMOUS = "anonymous"
# in the session of a visitor: the run by whose mail they came. Mails are forwarded: what they do
# says where they came from, and is nobody's but for scores, where it is the addressee's
CAME_BY = "workflow_came_by"


class MailWorkflowVisitor(models.AbstractModel):
    """What visitors of the website do, and who they turn out to be.

    An event of an unknown visitor carries the visitor's number. Once they are known (by login or a
    form) their events are given their person, by the dispatcher and in batches: from then on they
    count in look-backs, but bring nobody in.
    """

    _name = "mail.workflow.visitor"
    _description = "Website Visitor of Workflows"

    @api.model
    def _path(self, response):
        """Return the path of the website's page that an answer shows, None when it shows none: the
        backend has no website, and no visitors."""
        asked = request.httprequest
        is_page = (
            asked.method == "GET"
            and hasattr(request, "website")
            and getattr(response, "status_code", 0) == 200
            and response.mimetype == "text/html"
            and asked.headers.get("X-Disable-Tracking") != "1"
        )
        return path_of(asked.path) if is_page else None

    @api.model
    def _note(self, kind, path, seen, key=None, **data):
        """Note what the visitor of this request does on a page; return whether it is noted."""
        person = None
        if not self.env.user._is_public():
            # the address is read by the dispatcher, for a batch
            person = Person(self.env.user.partner_id.id, None)
        elif request.session.get(CAME_BY):
            data[CAME_BY] = request.session[CAME_BY]
        visitor_id = getattr(request, "workflow_visitor_id", None)
        if not visitor_id:
            visitors = self.env["website.visitor"]
            visitor_id, _how = visitors._upsert_visitor(visitors._get_access_token())
        return self.env["mail.workflow.event"]._emit(
            kind,
            data={"url": path, **data, **({} if seen == "human" else {"verdict": seen})},
            key=key,
            place=request.website,
            person=person,
            visitor_id=visitor_id,
        )

    @api.model
    def _note_came_by(self, trace):
        """Remember by whose mail the visitor of this request came."""
        run = trace.workflow_enrollment_id
        is_heard = self.env["mail.workflow.event"]._is_listened(VISITOR_KNOWN)
        if is_heard and run and not trace.is_test_trace and self.env.user._is_public():
            request.session[CAME_BY] = run.id

    @api.model
    def _note_known(self, visitors, person, into=None):
        """Note who visitors turned out to be; the dispatcher gives their events the person.

        :param into: visitor into which Odoo merges them
        """
        for visitor in visitors:
            self.env["mail.workflow.event"]._emit(
                VISITOR_KNOWN,
                data={"into": into.id} if into else None,
                person=person,
                visitor_id=visitor.id,
            )

    @api.model
    def _note_address(self, email):
        """Note that the visitor of this request gave an address in a form."""
        email = tools.email_normalize(email or "")
        if not email or not self.env["mail.workflow.event"]._is_listened(VISITOR_KNOWN):
            return
        # a visitor row is its visitor's own; they have no right on it
        visitor_sudo = self.env["website.visitor"]._get_visitor_from_request()
        if visitor_sudo and not visitor_sudo.partner_id and visitor_sudo.workflow_email != email:
            visitor_sudo.write(
                {"workflow_email": email, "workflow_known_at": fields.Datetime.now()}
            )
            self._note_known(visitor_sudo, Person(None, email))

    @api.model
    def _identify(self, events):
        """Find out who did what, for a batch of claimed events: the rows are completed, here and in
        the table. What a visitor did before they were known is marked ``anonymous``.
        """
        self._credit([event for event in events if event["kind"] == VISITOR_KNOWN])
        anonymous = [
            event for event in events if event["visitor_id"] and not event["email_normalized"]
        ]
        if not anonymous:
            return
        visitors = self._persons(list({event["visitor_id"] for event in anonymous}))
        found = []
        for event in anonymous:
            visitor = visitors.get(event["visitor_id"])
            if not visitor:
                continue
            if not event["partner_id"] and (
                not visitor["known_at"] or event["occurred_at"] < visitor["known_at"]
            ):
                event["data"] = {**(event["data"] or {}), ANONYMOUS: True}
            event["partner_id"] = event["partner_id"] or visitor["partner_id"]
            event["email_normalized"] = visitor["email"]
            found.append(event)
        self._give_persons(found)

    @api.model
    def _persons(self, visitor_ids):
        """Return ``{visitor id: {"partner_id", "email", "known_at"}}`` of the known ones."""
        self.env["website.visitor"].flush_model(
            ["partner_id", "workflow_email", "workflow_known_at"]
        )
        self.env.cr.execute(
            """
            SELECT v.id, v.partner_id, COALESCE(p.email_normalized, v.workflow_email) AS email,
                   CASE WHEN v.partner_id IS NULL THEN v.workflow_known_at END AS known_at
              FROM website_visitor v
              LEFT JOIN res_partner p ON p.id = v.partner_id
             WHERE v.id = ANY(%s) AND (v.partner_id IS NOT NULL OR v.workflow_email IS NOT NULL)
            """,
            [visitor_ids],
        )
        return {row["id"]: row for row in self.env.cr.dictfetchall()}

    @api.model
    def _give_persons(self, events):
        if not events:
            return
        rows = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s)",
                event["id"],
                event["partner_id"],
                event["email_normalized"],
                json.dumps(event["data"]),
            )
            for event in events
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_event e
                   SET partner_id = v.partner_id::int, email_normalized = v.email::varchar,
                       data = v.data::jsonb
                  FROM (VALUES %s) AS v (id, partner_id, email, data)
                 WHERE e.id = v.id
                """,
                rows,
            )
        )

    @api.model
    def _credit(self, known):
        """Give the earlier events of visitors their person: of several, the last they were."""
        if not known:
            return
        rows = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s)",
                visitor_id,
                (event["data"] or {}).get("into") or visitor_id,
                event["partner_id"],
                event["email_normalized"],
            )
            for visitor_id, event in {event["visitor_id"]: event for event in known}.items()
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_event e
                   SET visitor_id = v.into_id::int,
                       (partner_id, email_normalized) = (
                           SELECT CASE WHEN is_nobody THEN v.partner_id::int ELSE e.partner_id END,
                                  CASE WHEN is_nobody THEN v.email::varchar
                                       ELSE e.email_normalized END
                             FROM (SELECT e.partner_id IS NULL AND e.email_normalized IS NULL)
                                  AS whose (is_nobody))
                  FROM (VALUES %s) AS v (visitor_id, into_id, partner_id, email)
                 WHERE e.visitor_id = v.visitor_id::int AND e.kind != %s
                """,
                rows,
                VISITOR_KNOWN,
            )
        )


class WebsiteVisitor(models.Model):
    _inherit = "website.visitor"

    workflow_email = fields.Char(
        string="Address Given in a Form",
        groups=fields.NO_ACCESS,
        copy=False,
        index="btree_not_null",
    )
    workflow_known_at = fields.Datetime(
        string="Address Known Since", groups=fields.NO_ACCESS, copy=False
    )

    def _upsert_visitor(self, access_token, force_track_values=None):
        visitor = super()._upsert_visitor(access_token, force_track_values)
        request.workflow_visitor_id = visitor[0]
        return visitor

    def write(self, vals):
        result = super().write(vals)
        if "access_token" in vals:
            for visitor in self:
                if visitor.partner_id:
                    self._workflow_known(visitor)
        return result

    def _merge_visitor(self, target):
        self._workflow_known(target, into=target)
        return super()._merge_visitor(target)

    def _workflow_known(self, as_whom, into=None):
        person = self.env["mail.workflow.person"]._of_partner(as_whom.partner_id)
        self.env["mail.workflow.visitor"]._note_known(self, person, into)
