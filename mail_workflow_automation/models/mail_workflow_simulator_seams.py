"""Where the engine looks at the world, it sees what a simulation imagines, too.

Everything here passes on to the engine's own where nothing is being simulated.
"""

from odoo import api, models
from odoo.fields import Domain

from ..engine.scene import IMAGINED


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    @api.model
    def _matching(self, records, domain):
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene is None or not (scene.invented or scene.is_changed):
            return super()._matching(records, domain)
        # what differs from the database is matched in memory
        domain = Domain(domain)
        if "active" in records._fields and not any(
            condition.field_expr == "active" for condition in domain.iter_conditions()
        ):
            domain &= Domain("active", "=", True)
        readable = records if scene.invented else super()._matching(records, Domain.TRUE)
        return readable.filtered_domain(domain)

    def _is_sending_held(self):
        # that nothing is sent at present is no part of the path
        return not self.env["mail.workflow.simulator"]._scene() and super()._is_sending_held()


class MailWorkflowRunner(models.AbstractModel):
    _inherit = "mail.workflow.runner"

    @api.model
    def _readable(self, records):
        scene = self.env["mail.workflow.simulator"]._scene()
        return records if scene and scene.invented else super()._readable(records)


class MailWorkflowEnroller(models.AbstractModel):
    _inherit = "mail.workflow.enroller"

    @api.model
    def _eligible(self, workflow, ids):
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene and scene.invented:
            return workflow._matching(workflow._records(ids), workflow._audience())
        return super()._eligible(workflow, ids)


class MailWorkflowEnrollment(models.Model):
    _inherit = "mail.workflow.enrollment"

    def write(self, vals):
        simulator = self.env["mail.workflow.simulator"]
        if self.ids == [IMAGINED] and simulator._scene():
            simulator._put(self, **vals)
            return True
        return super().write(vals)

    @api.model
    def _rekey(self, runs, moved, persons=None):
        simulator = self.env["mail.workflow.simulator"]
        if simulator._scene():
            person = persons[IMAGINED]
            contact, email = person.partner_id or False, person.email_normalized or False
            return simulator._put(runs.browse(IMAGINED), partner_id=contact, email_normalized=email)
        return super()._rekey(runs, moved, persons)


class MailWorkflowExecution(models.Model):
    _inherit = "mail.workflow.execution"

    @api.model
    def _last_visits(self, run_ids, step_ids):
        found = super()._last_visits(run_ids, step_ids)
        scene = self.env["mail.workflow.simulator"]._scene()
        for visit in scene.visits if scene else ():
            if visit.step_id in step_ids:
                key = (IMAGINED, visit.step_id)
                found[key] = max(visit.number, found.get(key, 0))
        return found


class MailWorkflowStepWait(models.AbstractModel):
    _inherit = "mail.workflow.step.wait"

    @api.model
    def _last_executed(self, runs, domain):
        found = super()._last_executed(runs, domain)
        scene = self.env["mail.workflow.simulator"]._scene()
        executions = self.env["mail.workflow.execution"].sudo()
        for visit in scene.visits if scene else ():
            values = {"step_id": visit.step_id, "executed_at": visit.at}
            if executions.new(values).filtered_domain(domain):
                found[IMAGINED] = max(visit.at, found.get(IMAGINED, visit.at))
        return found

    @api.model
    def _met(self, step, runs):
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene and step.id in scene.met:
            return set(runs.ids)
        return super()._met(step, runs)


class MailWorkflowLookup(models.AbstractModel):
    _inherit = "mail.workflow.lookup"

    @api.model
    def _events(self, subjects, spec, since):
        found = super()._events(subjects, spec, since)
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene is None:
            return found
        imagined = [event for event in scene.so_far() if event["occurred_at"] >= since]
        return found + self.env["mail.workflow.dispatcher"]._passing(imagined, spec)


class MailWorkflowDispatcher(models.AbstractModel):
    _inherit = "mail.workflow.dispatcher"

    @api.model
    def _passing(self, events, spec):
        if not self.env["mail.workflow.simulator"]._scene():
            return super()._passing(events, spec)
        real = [event for event in events if "filters" not in event]
        imagined = [event for event in events if "filters" in event]
        return super()._passing(real, spec) + [
            event for event in imagined if self._imagined_passes(event, spec)
        ]

    @api.model
    def _imagined_passes(self, event, spec):
        """Tell whether an imagined event passes: what it is said to be, or what it holds, does."""
        if event["kind"] != spec["kind"] or spec.get("name", event["name"]) != event["name"]:
            return False
        matches = self.env["mail.workflow.trigger"]._kind_model(spec["kind"])._matches
        wanted = spec.get("filters") or {}
        said = {key for key, value in wanted.items() if event["filters"].get(key) == value}
        rest = {key: value for key, value in wanted.items() if key not in said}
        return not rest or matches(rest, event)


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.model
    def _workflow_of(self, step, runs):
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene is None:
            return super()._workflow_of(step, runs)
        none = self.sudo().browse()
        return {run.id: scene.tasks.get((step.id, run.visit_no), none) for run in runs}


class MailWorkflowWebhookCall(models.Model):
    _inherit = "mail.workflow.webhook.call"

    @api.model
    def _of_visits(self, step, runs):
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene is None:
            return super()._of_visits(step, runs)
        calls = {run.id: scene.calls.get((step.id, run.visit_no)) for run in runs}
        return {run_id: call for run_id, call in calls.items() if call}


class MailWorkflowCoupon(models.Model):
    _inherit = "mail.workflow.coupon"

    @api.model
    def _given(self, program, runs):
        given = super()._given(program, runs)
        scene = self.env["mail.workflow.simulator"]._scene()
        for coupon in scene.coupons if scene else ():
            given += coupon.filtered(lambda one: one.program_id == program)
        return given

    @api.model
    def _newest_of(self, runs):
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene is None or not scene.coupons:
            return super()._newest_of(runs)
        return {run.id: scene.coupons[-1].card_id for run in runs}


class MailWorkflowStepList(models.AbstractModel):
    _inherit = "mail.workflow.step.list"

    @api.model
    def _states(self, step, runs):
        states = super()._states(step, runs)
        scene = self.env["mail.workflow.simulator"]._scene()
        for run in runs if scene and scene.lists else ():
            states[run.email_normalized].update(scene.lists)
        return states


class MailWorkflowStepOpportunity(models.AbstractModel):
    _inherit = "mail.workflow.step.opportunity"

    @api.model
    def _with_open_one(self, step, runs):
        scene = self.env["mail.workflow.simulator"]._scene()
        return super()._with_open_one(step, runs) | (scene.opportunities if scene else set())


class MailWorkflowGate(models.AbstractModel):
    _inherit = "mail.workflow.gate"

    @api.model
    def _blacklisted(self, step, runs):
        found = super()._blacklisted(step, runs)
        is_out = self._imagined("email_unsubscribed") and not step.workflow_id.list_id
        return dict.fromkeys(runs.ids, self.env._("blacklisted")) if is_out else found

    @api.model
    def _opted_out(self, step, runs):
        found = super()._opted_out(step, runs)
        is_out = self._imagined("email_unsubscribed") and step.workflow_id.list_id
        return dict.fromkeys(runs.ids, self.env._("opted out")) if is_out else found

    @api.model
    def _bounced(self, step, runs):
        found = super()._bounced(step, runs)
        is_bad = self._imagined("email_bounced")
        return dict.fromkeys(runs.ids, self.env._("address bounced")) if is_bad else found

    @api.model
    def _imagined(self, kind):
        scene = self.env["mail.workflow.simulator"]._scene()
        return scene is not None and scene.happened(kind)


class MailWorkflowCap(models.AbstractModel):
    _inherit = "mail.workflow.cap"

    @api.model
    def _others(self, runs, now):
        # other runs stand still in a simulation, and none of them is locked
        if self.env["mail.workflow.simulator"]._scene():
            return {}
        return super()._others(runs, now)

    @api.model
    def _sent(self, runs, since):
        sent = super()._sent(runs, since)
        scene = self.env["mail.workflow.simulator"]._scene()
        for visit in scene.visits if scene else ():
            if visit.state == "queued" and visit.at > since and visit.is_mail:
                sent[runs.email_normalized].append(visit.at)
        return sent


class MailWorkflowMailer(models.AbstractModel):
    _inherit = "mail.workflow.mailer"

    @api.model
    def _text_for(self, step, run):
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene and scene.lang:
            return step.text_ids._for_lang(scene.lang)
        return super()._text_for(step, run)

    @api.model
    def _personal_link(self, name, run, text, base_url, execution_id):
        if self.env["mail.workflow.simulator"]._scene():
            return self._sample_link(name, base_url)
        return super()._personal_link(name, run, text, base_url, execution_id)

    @api.model
    def _trackers(self, mailing):
        # who follows a link of a preview is no reader
        return {} if self.env["mail.workflow.simulator"]._scene() else super()._trackers(mailing)


class MailWorkflowOrderBlock(models.AbstractModel):
    _inherit = "mail.workflow.order.block"

    @api.model
    def _render(self, text, runs, env, base_url, options):
        html = super()._render(text, runs, env, base_url, options)
        scene = self.env["mail.workflow.simulator"]._scene()
        if scene and scene.invented:
            # an invented order has no lines
            html = {**dict.fromkeys(runs.ids, self._sample(env, text.lang, options)), **html}
        return html
