from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from ...engine import outcome

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("list", "Mailing list")], ondelete={"list": "cascade"})
    list_add_ids = fields.Many2many(
        "mailing.list", "mail_workflow_step_list_add_rel", string="Subscribe to"
    )
    list_remove_ids = fields.Many2many(
        "mailing.list", "mail_workflow_step_list_remove_rel", string="Unsubscribe from"
    )
    list_resubscribe = fields.Boolean(
        string="Also who unsubscribed",
        help="Puts people back on a list they left. Only where they asked for it.",
    )


class MailWorkflowStepList(models.AbstractModel):
    """Subscribes the person to mailing lists, or unsubscribes them.

    Through Odoo's subscriptions, so that others see what happens. Who opted out of a list stays
    out, unless the step says otherwise.
    """

    _name = "mail.workflow.step.list"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Mailing List"

    _step_order = 3
    _step_icon = "fa-newspaper-o"
    _step_help = _lt("Puts the person on mailing lists, or takes them off.")
    _step_category = "record"
    _can_skip = True
    _step_fields = {
        "add": "list_add_ids",
        "remove": "list_remove_ids",
        "resubscribe": "list_resubscribe",
    }

    @api.model
    def _check_config(self, step):
        if not step.list_add_ids and not step.list_remove_ids:
            return [self.env._("choose a mailing list to subscribe to or to unsubscribe from")]
        both = step.list_add_ids & step.list_remove_ids
        return [
            self.env._("“%s” is both to subscribe to and to unsubscribe from", one.name)
            for one in both
        ]

    @api.model
    def _check_rights(self, step, env):
        contacts, subscriptions = env["mailing.contact"], env["mailing.subscription"]
        allowed = subscriptions.has_access("write") and contacts.has_access("read")
        if step.list_add_ids:
            allowed &= subscriptions.has_access("create") and contacts.has_access("create")
        if not allowed:
            return [self.env._("%s may not change who is on a mailing list", env.user.name)]
        return []

    @api.model
    def _brings_about(self, step, others):
        # who is on a list joins it again only where they are put off it, and by a step that does so
        joined = step.list_add_ids & others.list_remove_ids if step.list_resubscribe else ()
        back = others.filtered("list_resubscribe").list_add_ids
        return [
            *(("list_subscribed", {"list": one.id}) for one in joined),
            *(("list_unsubscribed", {"list": one.id}) for one in step.list_remove_ids & back),
        ]

    @api.model
    def _decide(self, step, runs, now):
        states = self._states(step, runs)
        decided = {}
        for run in runs:
            state = states.get(run.email_normalized, {})
            joins = any(self._joins(step, state.get(one.id)) for one in step.list_add_ids)
            leaves = any(state.get(one.id) == "in" for one in step.list_remove_ids)
            stays_out = any(state.get(one.id) == "out" for one in step.list_add_ids)
            if not run.email_normalized:
                decided[run.id] = outcome.skip(self.env._("no address"))
            elif stays_out and not joins and not leaves:
                decided[run.id] = outcome.skip(self.env._("opted out of the list"))
            else:
                decided[run.id] = outcome.done()
        return decided

    @api.model
    def _joins(self, step, state):
        return state is None or (state == "out" and step.list_resubscribe)

    @api.model
    def _states(self, step, runs):
        """Return ``{address: {list id: "in" or "out"}}`` of the lists of the step.

        An address with several contacts that opted out with one of them is out.
        """
        env = step.workflow_id._run_env()
        states = defaultdict(dict)
        for subscription in self._subscriptions(
            env, step.list_add_ids | step.list_remove_ids, runs
        ):
            of_address = states[subscription.contact_id.email_normalized]
            if subscription.opt_out:
                of_address[subscription.list_id.id] = "out"
            else:
                of_address.setdefault(subscription.list_id.id, "in")
        return states

    @api.model
    def _subscriptions(self, env, lists, runs):
        emails = [email for email in runs.mapped("email_normalized") if email]
        return env["mailing.subscription"].search(
            [("contact_id.email_normalized", "in", emails), ("list_id", "in", lists.ids)]
        )

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        env = step.workflow_id._run_env()
        if step.list_remove_ids:
            subscribed = self._subscriptions(env, step.list_remove_ids, runs)
            subscribed.filtered(lambda one: not one.opt_out).write({"opt_out": True})
        if not step.list_add_ids:
            return
        states = self._states(step, runs)
        if step.list_resubscribe:
            left = self._subscriptions(env, step.list_add_ids, runs).filtered("opt_out")
            left.write({"opt_out": False, "opt_out_reason_id": False})
        joining = {}
        for run in runs:
            missing = step.list_add_ids.ids
            missing = [one for one in missing if one not in states.get(run.email_normalized, {})]
            if missing:
                joining.setdefault(run.email_normalized, (run, missing))
        self._subscribe(env, joining)

    @api.model
    def _subscribe(self, env, joining):
        """Subscribe addresses to lists; who is no mailing contact yet becomes one.

        :param dict joining: ``{address: (run, list ids)}``
        """
        contacts = {}
        known = env["mailing.contact"].search(
            [("email_normalized", "in", list(joining))], order="id desc"
        )
        contacts.update({contact.email_normalized: contact for contact in known})
        env["mailing.contact"].create(
            [
                {
                    "name": run.partner_id.name or email,
                    "email": email,
                    "company_name": run.partner_id.commercial_company_name or False,
                    "country_id": run.partner_id.country_id.id,
                    "subscription_ids": [Command.create({"list_id": one}) for one in list_ids],
                }
                for email, (run, list_ids) in joining.items()
                if email not in contacts
            ]
        )
        env["mailing.subscription"].create(
            [
                {"contact_id": contacts[email].id, "list_id": one}
                for email, (_run, list_ids) in joining.items()
                if email in contacts
                for one in list_ids
            ]
        )

    @api.model
    def _imagine(self, step, run, result, now):
        state = self._states(step, run).get(run.email_normalized, {})
        lists = self.env["mail.workflow.simulator"]._scene().lists
        lists.update(
            (one.id, "in") for one in step.list_add_ids if self._joins(step, state.get(one.id))
        )
        lists.update((one.id, "out") for one in step.list_remove_ids if state.get(one.id) == "in")

    @api.model
    def _summary(self, step):
        parts = [f"+{one.name}" for one in step.list_add_ids]
        return ", ".join(parts + [f"−{one.name}" for one in step.list_remove_ids])
