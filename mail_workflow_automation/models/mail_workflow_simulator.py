"""Trying a workflow without doing it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..aside import UncommittedCursor, read_only
from ..engine.scene import IMAGINED, Scene
from ..engine.shares import share
from .mail_workflow_person import Person

SCENE = "mail_workflow_scene"
# the greatest number a row can have
LAST_ID = 2**31 - 1


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def simulate(self, record, answers=None, start=None, lang=None):
        """Return the path of a record as if it came in now, without any effect.

        The engine's own decisions are asked, on a cursor that can only read, as who asks.

        :param record: of the workflow's model, its id, or a dict of values of an invented contact
        :param list answers: what people do meanwhile, each a dict: ``kind`` (an event kind,
            ``record_matches`` or ``webhook_answered``), ``name`` and ``filters`` as in a goal,
            ``step`` (the mail it is about), ``outcome`` (of a decision), ``result`` (``cancelled``
            task, ``failed`` answer); ``after`` (``{"days": 2}``) counts from the step ``at``, in
            its visit number ``visit``, else from the start
        :param datetime start: naive UTC, default now
        :param str lang: show the mails in this language
        :returns: ``{"entry": {"enters", "is_holdout", "why"}, "notes": [str], "lines": [line],
            "end": {"state", "reason", "at", "goal_at"}, "start", "record"}``; a line is
            ``{"key", "step_id", "title", "summary", "kind", "icon", "visit", "at", "until",
            "left_at", "branch", "branch_label", "outcome", "state", "reason", "why",
            "mail": {"subject", "preview", "body_html", "lang", "from", "to"} or None,
            "asks": [{"answer", "label"}] or None}``, moments as text in UTC
        :raises UserError: when the record or an answer makes no sense
        """
        self.ensure_one()
        self.check_access("read")
        simulator = self.env["mail.workflow.simulator"]
        return simulator._simulate(self, record, answers or [], start, lang)

    def action_open_simulation(self):
        """Open the screen on which the workflow is tried out."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "mail_workflow_simulation",
            "name": self.env._("Simulate: %s", self.name),
            "params": {"workflow_id": self.id},
        }


class MailWorkflowSimulator(models.AbstractModel):
    """Lets one run go through a workflow in memory.

    The run, and an invented record, have the number ``IMAGINED``, which no row has: what the
    engine asks the database about them finds nothing. What happens is kept in the ``Scene`` of
    the cursor, which the engine looks at too (``mail_workflow_simulator_seams``).
    """

    _name = "mail.workflow.simulator"
    _description = "Workflow Simulator"

    @api.model
    def _scene(self):
        """Return what is being simulated on this cursor, None where nothing is."""
        return self.env.cr.cache.get(SCENE)

    @api.model
    def _simulate(self, workflow, record, answers, start, lang):
        notes = self._notes(workflow)
        result = self._aside(workflow, record, answers, start, lang, self._result)
        return {**result, "notes": notes}

    @api.model
    def _aside(self, workflow, record, answers, start, lang, work):
        """Let something be done with an imagined run, on a cursor that can only read.

        :param work: ``callable(simulator, workflow, record, scene)``, all of that cursor; what it
            returns is returned
        """
        record = self._chosen(workflow, record)
        now = self._moment(start) or fields.Datetime.now()
        scene = Scene(now, self._parsed_answers(workflow, answers), lang)
        stored = [workflow] if isinstance(record, dict) else [workflow, record]
        with read_only(self.env.registry) as cr:
            if all(one.with_env(self.env(cr=cr)).exists() for one in stored):
                return self._on_cursor(cr, workflow, record, scene, work)
        # made in this transaction and not committed yet: no other connection sees it
        self.env.flush_all()
        with UncommittedCursor(self.env.cr) as cr:
            return self._on_cursor(cr, workflow, record, scene, work)

    @api.model
    def _moment(self, start):
        try:
            return fields.Datetime.to_datetime(start)
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(
                self.env._("%(filter)s: unknown value “%(value)s”", filter="start", value=start)
            ) from error

    @api.model
    def _chosen(self, workflow, record):
        """Return the record that was asked for, or the values of an invented contact."""
        if isinstance(record, dict):
            return record
        model = self.env[workflow.model_name]
        if not isinstance(record, models.BaseModel):
            # what cannot be a number of a record is none
            is_number = str(record).isdecimal() and int(record) <= LAST_ID
            record = model.browse(int(record) if is_number else []).exists()
        if record._name != model._name or len(record) != 1:
            raise UserError(
                self.env._(
                    "Workflow “%(workflow)s” takes %(model)s: choose one.",
                    workflow=workflow.name,
                    model=workflow.sudo().model_id.name,
                )
            )
        record = model.browse(record.id)
        record.check_access("read")
        return record

    @api.model
    def _on_cursor(self, cr, workflow, record, scene, work):
        cr.cache[SCENE] = scene
        env = self.env(cr=cr, context={**self.env.context, "workflow_as_asker": True})
        # as in the engine: business records are read as run_as_id, here always as who asks
        workflow_sudo = workflow.with_env(env).sudo()
        simulator_sudo = env["mail.workflow.simulator"].sudo()
        if isinstance(record, dict):
            scene.invented = True
            record = simulator_sudo._invent(workflow_sudo, record)
        record = workflow_sudo._records(record.ids)
        simulator_sudo._take_over_salts(workflow_sudo)
        return work(simulator_sudo, workflow_sudo, record, scene)

    @api.model
    def _take_over_salts(self, workflow):
        """Let the steps of a copy for editing draw as those will that they replace."""
        salts = {step.key: step.salt for step in workflow.draft_of_id.step_ids}
        for step in workflow.step_ids:
            self._put(step, salt=salts.get(step.key, step.salt))

    @api.model
    def _result(self, simulator, workflow, record, scene):
        entry, run = simulator._enter(workflow, record, scene)
        scene.place(None, 1)
        end = simulator._play(run, scene)
        return {
            "entry": entry,
            "start": fields.Datetime.to_string(run.entered_at),
            "record": record.display_name,
            "lines": [self._plain(line) for line in scene.lines],
            "end": self._plain(end),
        }

    @api.model
    def _plain(self, values):
        """Return values as they go over the wire."""
        return {
            key: fields.Datetime.to_string(value) if key.endswith(("at", "until")) else value
            for key, value in values.items()
        }

    @api.model
    def _notes(self, workflow):
        """Return what keeps the path from happening just so, in words."""
        if workflow._is_sending_held():
            return [self.env._("All sending is on hold in the settings at present.")]
        return []

    # --- what is imagined -------------------------------------------------------------------------

    @api.model
    def _put(self, record, **values):
        """Let a record have other values in memory. Nothing becomes dirty: nothing is written."""
        for name, value in values.items():
            field = record._fields[name]
            field._update_cache(record, field.convert_to_cache(value, record, validate=False))

    @api.model
    def _change(self, record, values):
        """Let a business record be as if it had been written to."""
        self._scene().is_changed = True
        changed = record.new(values, origin=record)
        for name in values:
            value = changed[name]
            self._put(record, **{name: getattr(value, "_origin", value)})

    @api.model
    def _invent(self, workflow, values):
        """Return a contact nobody has, or a record of the workflow's model that is theirs.

        Odoo computes it as a new record; then it gets a number, so that the engine can carry it
        about as any other.
        """
        env = workflow._run_env()
        contact = self._new(env["res.partner"], {"name": values.get("email"), **values})
        numbered = self._numbered(contact)
        if workflow.model_name == "res.partner":
            return numbered
        model = env[workflow.model_name]
        own = dict.fromkeys(model._mail_get_partner_fields()[:1], contact)
        email_field = getattr(model, "_primary_email", None)
        if email_field in model._fields:
            own[email_field] = contact.email
        return self._numbered(self._new(model, own))

    @api.model
    def _new(self, model, values):
        unknown = values.keys() - model._fields.keys()
        if unknown:
            raise UserError(self.env._("There is no field “%s”.", ", ".join(sorted(unknown))))
        # what it is by default is asked as any code does
        model_sudo = model.sudo()
        return model_sudo.new({**model_sudo.default_get(list(model._fields)), **values})

    @api.model
    def _numbered(self, new):
        """Return a record with a number, in memory, that holds what a new record does."""
        record = new.sudo(False).browse(IMAGINED)
        for name, field in new._fields.items():
            if name == "id" or not (field.store and field.column_type) or "propert" in field.type:
                continue
            value = new[name]
            if isinstance(value, models.BaseModel):
                # of what is new, too, there is one of each model
                value = value.id or (IMAGINED if value else False)
            self._put(record, **{name: value})
        return record

    # --- coming in --------------------------------------------------------------------------------

    @api.model
    def _enter(self, workflow, record, scene):
        """Return ``(entry, run)``: whether the record may come in, and its run as if it did."""
        enroller = self.env["mail.workflow.enroller"]
        person = self.env["mail.workflow.person"]._of_all(record).get(record.id)
        nobody = person is None
        person = person or Person(None, None)
        key = enroller._entry_key(workflow, record.id, person, None)
        # a copy for editing has neither people nor shares of its own
        salt = workflow._live().salt
        is_holdout = bool(
            workflow.holdout_percent
            and share(salt, person.key or key) * 100 < workflow.holdout_percent
        )
        why = self._why_not(workflow, record, None if nobody else person, key, scene.now)
        run = self._run_of(workflow, record, person, key, is_holdout, scene)
        entry = {"enters": not why, "is_holdout": is_holdout, "why": why}
        if not why and is_holdout:
            entry["why"] = self.env._(
                "In the holdout: gets nothing, and is only followed to the goal."
            )
        return entry, run

    @api.model
    def _why_not(self, workflow, record, person, key, now):
        enroller = self.env["mail.workflow.enroller"]
        if person is None:
            return self.env._("There is no contact or address behind it.")
        if not enroller._eligible(workflow, record.ids):
            facts = self._facts(record, workflow._audience())
            return self.env._("Not in the audience. %s", facts).strip()
        keys = {key: enroller._contact(key, person)}
        if not enroller._run_numbers(workflow._live(), keys, now, False, {}):
            return self.env._("Is in this workflow already, or was, and may not come in again.")
        return ""

    @api.model
    def _run_of(self, workflow, record, person, key, is_holdout, scene):
        """Return a run that is in memory only, at its first step."""
        run = self.env["mail.workflow.enrollment"].browse(IMAGINED)
        first = workflow._tree().first()
        websites = self.env["mail.workflow.enroller"]._websites(workflow, record)
        values = {
            name: False
            for name, field in run._fields.items()
            if field.store and field.column_type and name != "id"
        }
        values |= {
            "workflow_id": workflow.id,
            "trigger_id": workflow.trigger_ids[:1].id,
            "company_id": workflow.company_id.id,
            "website_id": websites.get(record.id) or workflow.website_id.id,
            "res_model": record._name,
            "res_id": record.id,
            "partner_id": person.partner_id or False,
            "email_normalized": person.email_normalized or False,
            "entry_key": key,
            "run_no": 1,
            "visit_no": 1,
            "is_holdout": is_holdout,
            "state": "active",
            "step_id": first or False,
            "due_at": scene.now,
            "planned_at": scene.now,
            "entered_at": scene.now,
        }
        self._put(run, **values)
        scene.look_at = scene.now
        return run

    # --- words ------------------------------------------------------------------------------------

    @api.model
    def _facts(self, record, domain):
        """Return what a record holds in the fields that a domain asks about."""
        facts = {}
        for condition in fields.Domain(domain).iter_conditions():
            name = condition.field_expr
            facts[self._label(record, name)] = self._shown(record, name)
        return ", ".join(f"{label}: {value}" for label, value in facts.items())

    @api.model
    def _label(self, record, path):
        """Return what the field at the end of a dotted path is called."""
        model, field = record, None
        for name in path.split("."):
            field = model._fields.get(name) if model is not None else None
            if field is None:
                return path
            model = self.env.get(field.comodel_name or "")
        return field._description_string(self.env)

    @api.model
    def _shown(self, record, path):
        """Return the value at the end of a dotted path, as people read it."""
        values, field = record, None
        for name in path.split("."):
            field = values._fields.get(name)
            if field is None:
                return "?"
            values = values.mapped(name)
            if not isinstance(values, models.BaseModel):
                break
        if isinstance(values, models.BaseModel):
            return ", ".join(values.mapped("display_name")) or "–"
        if field.type == "selection":
            labels = dict(field._description_selection(self.env))
            values = [labels.get(value, value) for value in values]
        shown = [str(value) for value in values if value or field.type in ("integer", "float")]
        if field.type == "boolean":
            shown = [self.env._("Yes") if value else self.env._("No") for value in values]
        return ", ".join(shown) or "–"
