import logging
from collections import defaultdict

from odoo import api, models, tools
from odoo.fields import Domain

from .mail_workflow import parse_domain
from .mail_workflow_listening import LISTENING_CACHE

_logger = logging.getLogger(__name__)

# notes that a contact or lead has changed; nobody listens to it but rules for profiles
PROFILE_CHANGED = "profile_changed"
TOUCHED = "mail_workflow_profiles_touched"


class MailWorkflowScoreChange(models.AbstractModel):
    """Looks at profiles again when contacts and leads change: at those only, within seconds.

    What a domain asks of other records, or of the day, shows at the next look of the scoring job.
    """

    _name = "mail.workflow.score.change"
    _description = "Changes of Scored Profiles"

    @api.model
    @tools.ormcache(cache=LISTENING_CACHE)
    def _watched(self):
        """Return ``{model: fields}`` that rules for profiles ask for, cached until one changes."""
        found = {}
        for rule_sudo in self._rules():
            if not rule_sudo._problems():
                domain = Domain(parse_domain(rule_sudo.domain))
                names = {one.field_expr.split(".")[0] for one in domain.iter_conditions()}
                before = found.get(rule_sudo.record_model, frozenset({"active"}))
                found[rule_sudo.record_model] = before | names
        return found

    @api.model
    def _watched_of(self, records):
        """Return the fields that rules ask for of a model, None without such rules."""
        # while addons are loaded there may be no tables yet to look into
        return self._watched().get(records._name) if self.env.registry.ready else None

    @api.model
    def _rules(self):
        rules_sudo = self.env["mail.workflow.scoring.rule"].sudo().with_context(active_test=True)
        return rules_sudo.search([("basis", "=", "profile"), ("score_model_id.active", "=", True)])

    @api.model
    def _touch(self, records, names=None):
        """Note at the end of the transaction that records changed, if a rule asks for one of the
        fields; each once.

        :param names: of the fields; None for records that are new
        """
        watched = self._watched_of(records)
        if watched is None or not (names is None or watched & names):
            return
        events = self.env["mail.workflow.event"]
        # in a form that is being filled in, records are not there yet
        ids = [record_id for record_id in records._ids if record_id]
        if not ids or events._is_silent_import():
            return
        touched = self.env.cr.precommit.data.setdefault(TOUCHED, {})
        if not touched:
            self.env.cr.precommit.add(self.sudo()._note)
        origin = events._acting()
        touched.update({(records._name, record_id): origin for record_id in ids})

    @api.model
    def _note(self):
        touched = self.env.cr.precommit.data.pop(TOUCHED, {})
        self.env["mail.workflow.event"]._note_rows(
            [
                {"kind": PROFILE_CHANGED, "res_model": name, "res_id": record_id, "data": origin}
                for (name, record_id), origin in touched.items()
            ]
        )

    @api.model
    def _serve(self, events, now):
        """Look at what has changed. The notes have served their purpose then."""
        by_model = defaultdict(dict)
        noted = [event for event in events if event["kind"] == PROFILE_CHANGED]
        for event in noted:
            by_model[event["res_model"]][event["res_id"]] = event["data"]
        if not noted:
            return
        for rule_sudo in self._rules():
            # at what is new the job looks in any case
            if rule_sudo.is_applied and rule_sudo.record_model in by_model:
                self._look_safely(rule_sudo, by_model[rule_sudo.record_model], now)
        self.env.cr.execute(
            "DELETE FROM mail_workflow_event WHERE id = ANY(%s)", [[one["id"] for one in noted]]
        )

    @api.model
    def _look_safely(self, rule, changed, now):
        try:
            with self.env.cr.savepoint():
                self._look(rule, changed, now)
        except Exception as error:  # noqa: BLE001 one bad domain must not stop the others
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            # the job looks, too, and tells it on the rule
            _logger.info("Scoring rule %s could not be applied to changes", rule.id, exc_info=True)

    @api.model
    def _look(self, rule, changed, now):
        """Give a rule's points to the people behind changed records who match now, and take them
        back from those who match no more. As many queries, however many records.

        :param dict changed: ``{record id: whose doing it was}``
        """
        records = self.env[rule.record_model].sudo().browse(changed).exists()
        persons = self.env["mail.workflow.person"]._of(records)
        origins = {
            person.key: changed[record_id] for record_id, person in persons.items() if person.key
        }
        if not origins:
            return
        matching = self._matching(rule, list(origins))
        self.env["mail.workflow.score.entry"].flush_model()
        self.env.cr.execute(
            "SELECT once_key, id FROM mail_workflow_score_entry"
            " WHERE rule_id = %s AND once_key = ANY(%s)",
            [rule.id, list(origins)],
        )
        having = dict(self.env.cr.fetchall())
        keeper, job = self.env["mail.workflow.score.keeper"], self.env["mail.workflow.score.job"]
        gone = [line_id for key, line_id in having.items() if key not in matching]
        keeper._take_back(gone, now, note=self.env._("matches no more"))
        moves = [
            job._profile_move(rule, key, partner_id, now)
            for key, partner_id in sorted(matching.items())
            if key not in having
        ]
        for move in moves:
            move.origin = origins[move.person_key]
        keeper._apply(moves, now)

    @api.model
    def _matching(self, rule, keys):
        """Return ``{person key: contact id}`` of those people who match by any of their records."""
        emails = [key for key in keys if not key.startswith("partner:")]
        partner_ids = [int(key.partition(":")[2]) for key in keys if key.startswith("partner:")]
        theirs = Domain("email_normalized", "in", emails)
        if rule.record_model == "crm.lead":
            theirs |= Domain("partner_id.email_normalized", "in", emails)
            theirs |= Domain("partner_id", "in", partner_ids)
        else:
            theirs |= Domain("id", "in", partner_ids)
        job = self.env["mail.workflow.score.job"]
        model, domain = job._seen(rule)
        found = list(model._search(theirs & domain))
        if not found:
            return {}
        self.env.cr.execute(job._matching(rule, found))
        return {key: partner_id for key, partner_id in self.env.cr.fetchall() if key in keys}


class MailWorkflowScored(models.AbstractModel):
    _inherit = "mail.workflow.scored"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env["mail.workflow.score.change"]._touch(records)
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env["mail.workflow.score.change"]._touch(self, vals.keys())
        return result

    def _compute_field_value(self, field):
        result = super()._compute_field_value(field)
        changes = self.env["mail.workflow.score.change"]
        if field.store and changes._watched_of(self) is not None:
            changes._touch(self, {one.name for one in self.pool.field_computed[field]})
        return result
