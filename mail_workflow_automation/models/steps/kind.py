from odoo import api, models

from ...engine import outcome
from ...engine.outcome import THEN


class MailWorkflowStepKind(models.AbstractModel):
    """What every kind of step offers.

    A kind is one file: the ``selection_add`` and its columns on ``mail.workflow.step``, and the
    abstract
    model ``mail.workflow.step.<kind>`` that inherits this one. ``_decide`` reads only;
    ``_perform`` has the
    effects, in batch.
    """

    _name = "mail.workflow.step.kind"
    _description = "Kind of Workflow Step"

    _step_icon = "fa-cog"
    _step_category = "flow"
    # its place in its category in the palette: the most used first
    _step_order = 50
    # one sentence on what it is for, for the palette
    _step_help = ""
    # in the drawing; default: that of its category
    _step_color = None
    # file key -> column, for the generic export and import
    _step_fields = {}
    # lateness and "hold all sending" concern what reaches a person
    _is_message = False
    # a run stops here for a time: what makes a loop safe
    _is_wait = False
    # a change of its time can be applied to who stands here already
    _has_delay = False
    # carrying it out changes something that a run is checked for: its record, who it is about
    _has_effects = True
    # it can turn out not to be for a run: the step says what follows then
    _can_skip = False
    # who publishes it, and as whom it runs, must be of this group; None: any Workflow user
    _publisher_group = None
    # it has a text of its own for Odoo's mail designer
    _is_designed = False
    # it names people: the form asks whom
    _names_people = False
    # a branch closes here: what stands below is reached in another way
    _is_closing = False
    # its addon is not installed
    _is_missing = False

    @api.model
    def _check_config(self, step):
        """Return the problems of the step, a list of str."""
        return []

    @api.model
    def _check_rights(self, step, env):
        """Return what the user of ``env`` (``run_as_id``) may not do that the step does, a list of
        str."""
        return []

    @api.model
    def _check_publisher(self, user):
        """Return why a user may not let such a step run, a list of str."""
        if not self._publisher_group or user.has_group(self._publisher_group):
            return []
        return [self.env._("only an administrator may let it run, not %s", user.name)]

    @api.model
    def _domains(self, step):
        """Return the domains on the workflow's model that the step looks with, as stored."""
        return []

    @api.model
    def _asks_whom(self, step):
        """Tell whether the step names people."""
        return self._names_people

    @api.model
    def _outcomes(self, step):
        """Return the names of the step's branches, besides ``then``: a tuple, empty without
        branches."""
        return ()

    @api.model
    def _ways(self, step):
        """Return the outcomes a run can have here: a tuple with ``then``, or with every branch."""
        return self._outcomes(step) or (THEN,)

    @api.model
    def _ways_renamed(self, step, renames):
        """Follow where the step itself names one of its ways: ``{old name: new name}``."""

    @api.model
    def _holds_back(self, step):
        """Tell whether every visit of the step holds a run for a time: what makes a loop safe."""
        return self._is_wait

    @api.model
    def _awaited(self, step):
        """Return the events that resume a run standing here: ``[(spec, branch)]``."""
        return []

    @api.model
    def _looked_up(self, step):
        """Return the events the step looks back at, besides those it awaits: a list of specs."""
        return []

    @api.model
    def _brings_into(self, step):
        """Return the workflows into which the step brings people itself."""
        return step.workflow_id.browse()

    @api.model
    def _brings_about(self, step, others):
        """Return the events that carrying the step out can note again and again for the same
        person: ``[(kind, data)]``, of the data what is known beforehand.

        :param others: the steps of all workflows at work
        """
        return []

    @api.model
    def _decide(self, step, runs, now):
        """Decide for each run, without any effect.

        :param now: naive UTC
        :returns: ``{run id: Outcome}``
        """
        return {run.id: outcome.done() for run in runs}

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        """Carry the step out for runs whose outcome is ``done`` or ``jump``.

        :param dict outcomes: ``{run id: Outcome}``
        :param dict executions: ``{run id: execution id}``, the idempotence key of every effect
        """

    @api.model
    def _stand(self, step, runs, outcomes, now):
        """Carry out what runs need that stand here waiting: whenever it is decided that they do.

        Who came just now has no ``waiting_since`` yet: what is done for them is done once.
        """

    @api.model
    def _let_go(self, step, runs, now):
        """Take back what runs stood here for, when they leave or are moved on by hand."""

    @api.model
    def _look_back_from(self, step, runs, event):
        """Return ``{run id: datetime}`` from which on an awaited event counts."""
        return {run.id: run.entered_at for run in runs}

    @api.model
    def _resumed(self, step, runs, branches, now):
        """Decide for runs that stand here when an awaited event came.

        :param dict branches: ``{run id: branch of the event}``
        :returns: ``{run id: Outcome}``; who still waits does so
        """
        return {run.id: outcome.done(branches[run.id]) for run in runs}

    @api.model
    def _due_again(self, step, runs, now):
        """Return ``{run id: datetime}``: when the step, changed meanwhile, is over for runs that
        wait here, counted from when they came."""
        return {}

    @api.model
    def _changes_in_words(self, old, new):
        """Return what is different between two states of a step, a list of str."""
        words = []
        if old.name != new.name:
            words.append(self.env._("name: “%s”", new._shown_name()))
        if old.summary != new.summary:
            before, after = old.summary or "–", new.summary or "–"
            words.append(f"{before} → {after}")
        if old.on_skip != new.on_skip:
            choices = dict(new._fields["on_skip"]._description_selection(self.env))
            label = new._fields["on_skip"]._description_string(self.env)
            words.append(f"{label}: {choices[new.on_skip]}")
        return words or [self.env._("settings")]

    @api.model
    def _branch_after_wait(self, step):
        """Return the branch of who is sent on from a wait by hand."""
        return THEN

    # --- trying it out: nothing here has an effect ------------------------------------------------

    @api.model
    def _explain(self, step, run, result, now):
        """Return why a decision came out as it did, in a sentence with the facts it saw."""
        return result.reason

    @api.model
    def _imagine(self, step, run, result, now):
        """Let a simulated run have what carrying the step out, or standing here, gives it: in the
        scene of the simulation only, for the decisions that follow."""

    @api.model
    def _preview(self, step, run):
        """Return the mail a simulated run gets, None without one:
        ``{"subject", "preview", "body_html", "lang", "from", "to"}``."""
        return None

    @api.model
    def _asks(self, step):
        """Return what people could do when a run was here: ``[(answer, label)]``, answers as of
        ``simulate``."""
        ask = self.env["mail.workflow.simulator"]._spec_ask
        return [ask(step.workflow_id, spec) for spec, _branch in self._awaited(step)]

    @api.model
    def _stands_until(self, step, run, result, now):
        """Return when a run that waits here goes on if nobody does anything, None for never: a
        step that looks again and again says when it would see something else."""
        return result.due_at

    @api.model
    def _publish(self, step):
        """Prepare what must not be made while running."""

    @api.model
    def _unpublish(self, step):
        """Make the step editable again."""

    @api.model
    def _summary(self, step):
        """Return one line on what the step does."""
        return ""

    @api.model
    def _describe(self):
        """Return what the palette shows of the kind."""
        label, color = self._categories()[self._step_category]
        return {
            "icon": self._step_icon,
            "color": self._step_color or color,
            "shape": "pill" if self._is_wait else "card",
            "category": self._step_category,
            "category_label": label,
            "description": self._description,
            "help": self._in_words(self._step_help),
            "unavailable": "; ".join(self._check_publisher(self.env.user)) or None,
        }

    @api.model
    def _in_words(self, lazy):
        """Return a term of a class in the user's language."""
        translate = self.env._
        return translate(lazy) if lazy else ""

    @api.model
    def _categories(self):
        """Return ``{category: (label, color)}`` in the order of the palette."""
        return {
            "message": (self.env._("Messages"), "#71639e"),
            "flow": (self.env._("Flow"), "#d97706"),
            "people": (self.env._("People"), "#2563eb"),
            "record": (self.env._("Data"), "#0d9488"),
        }

    @api.model
    def _default_entry(self, workflow):
        """Return a new step of the kind for the file, as the palette adds it: what is not chosen
        yet is a problem that ``lint()`` tells, never a file that is refused."""
        kind = self._name.rpartition(".")[2]
        step = self.env["mail.workflow.step"].new({"workflow_id": workflow.id, "kind": kind})
        step.key = step.name = False
        definition = self.env["mail.workflow.definition"]
        return definition._export_step(step, {name: [] for name in self._outcomes(step)})

    @api.model
    def _export(self, step):
        """Return the kind's own keys for the file, without branches' steps."""
        definition = self.env["mail.workflow.definition"]
        return definition._export_columns(step, self._step_fields)

    @api.model
    def _import(self, values, workflow, path):
        """Return column values from the kind's own keys.

        :raises DefinitionError: naming the offending key
        """
        definition = self.env["mail.workflow.definition"]
        return definition._import_columns(
            "mail.workflow.step", self._step_fields, values, path, workflow
        )

    @api.model
    def _export_branch(self, step, branch):
        """Return what the file says of a branch besides its steps."""
        return {}

    @api.model
    def _has_branch_entries(self, step):
        """Tell whether the file needs the branches even when they hold no steps."""
        return False

    @api.model
    def _branch_file_keys(self, values):
        """Return the keys that a branch of this step can have in a file."""
        return {"steps"}

    @api.model
    def _link_target(self, step, target):
        """Point a step that names another one to it; to none where it is an empty recordset."""

    @api.model
    def _target_key(self, step):
        """Return the key of the step that this one jumps to, or None."""
        return None

    @api.model
    def _import_all(self, made):
        """Make the rows below steps those of the file: when they are made, and when the file says
        otherwise of them. Where there are many, a kind makes them at once.

        :param made: ``[(step, its entry in the file, path)]``
        """
        for step, values, path in made:
            self._import_after(step, values, path)

    @api.model
    def _import_after(self, step, values, path):
        """Make the rows below one step those of the file."""

    @api.model
    def _file_keys(self):
        """Return the keys of the file this kind knows, besides those of all steps."""
        return set(self._step_fields)

    @api.model
    def _check_branches(self, step):
        """Return the problems of the tree below the step: branches it does not have."""
        known = {THEN, *self._outcomes(step)}
        return [
            self.env._(
                "step “%(child)s” hangs on a branch “%(branch)s” that is not there",
                child=child.name,
                branch=child.parent_branch,
            )
            for child in step.child_ids
            if child.parent_branch not in known
        ]
