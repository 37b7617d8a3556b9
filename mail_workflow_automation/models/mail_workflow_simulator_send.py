from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# a day of the path takes so long, so that a whole flow is read in minutes
DAY = timedelta(minutes=1)
MOST_MAILS = 50


class MailWorkflow(models.Model):
    """Sends mails of a workflow to who asks: tests, which are in no figure and block nothing."""

    _inherit = "mail.workflow"

    def send_test(self, record, answers=None, step=None, visit=1, lang=None):
        """Queue the mails of a simulated path to the user who asks, a day of it as a minute.

        They are mails of Odoo without mailing, trace or run: nothing counts them, and personal
        links are samples (rule 34).

        :param record: as of ``simulate``
        :param list answers: as of ``simulate``
        :param str step: only the mail of the step with this key, also off the path
        :param int visit: of that step
        :returns: how many were queued
        :raises UserError: when there is no mail, or nobody to send it to
        """
        self.ensure_one()
        self._check_test()
        result = self.simulate(record, answers=answers, lang=lang)
        start = fields.Datetime.to_datetime(result["start"])
        mails = [
            (fields.Datetime.to_datetime(line["left_at"]) - start, line["mail"])
            for line in result["lines"]
            if line["mail"] and (not step or (line["key"], line["visit"]) == (step, visit))
        ]
        if step and not mails:
            simulator = self.env["mail.workflow.simulator"]
            mails = [(timedelta(0), simulator._mail_of(self, record, step, lang))]
        if not mails:
            raise UserError(self.env._("There is no mail on this path."))
        first = min(elapsed for elapsed, _mail in mails)
        return self._queue_test([(elapsed - first, mail) for elapsed, mail in mails[:MOST_MAILS]])

    def _check_test(self):
        self.check_access("read")
        if not self.env.user.email_normalized:
            raise UserError(self.env._("You have no e-mail address: give yourself one first."))
        if self._is_sending_held():
            raise UserError(self.env._("All sending is on hold in the settings at present."))

    def _queue_test(self, mails):
        """Queue mails to who asks.

        :param mails: ``[(timedelta since the first, mail as of a simulated line)]``
        """
        now, user = fields.Datetime.now(), self.env.user
        moments = [now + elapsed / timedelta(days=1) * DAY for elapsed, _mail in mails]
        # whoever may read a workflow may have its mails shown; only to themselves
        self.env["mail.mail"].sudo().create(
            [
                {
                    "subject": self.env._("[Test] %s", mail["subject"]),
                    "body_html": mail["body_html"],
                    "email_from": mail["from"] or user.email_formatted,
                    "email_to": user.email_formatted,
                    "reply_to": self.reply_to or mail["from"],
                    "author_id": user.partner_id.id,
                    "message_type": "email_outgoing",
                    "record_company_id": self.company_id.id,
                    "scheduled_date": moment if moment > now else False,
                    "auto_delete": True,
                    "is_notification": True,
                }
                for moment, (_elapsed, mail) in zip(moments, mails, strict=True)
            ]
        )
        # Odoo's queue looks by itself once an hour only
        queue_sudo = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
        queue_sudo._trigger(at=sorted(set(moments)))
        return len(mails)

    def action_open_test(self):
        """Ask which mails of the workflow to send to oneself."""
        self.ensure_one()
        return self._test_window()

    def _test_window(self, **defaults):
        context = {f"default_{name}": value for name, value in defaults.items()}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send a Test"),
            "res_model": "mail.workflow.test",
            "view_mode": "form",
            "target": "new",
            "context": {"default_workflow_id": self.id, **context},
        }


class MailWorkflowStepText(models.Model):
    _inherit = "mail.workflow.step.text"

    def action_open_test(self):
        """Ask for whom to fill the text in, and send it to oneself."""
        self.ensure_one()
        return self.workflow_id._test_window(step_id=self.step_id.id, lang=self.lang)


class MailWorkflowSimulator(models.AbstractModel):
    _inherit = "mail.workflow.simulator"

    @api.model
    def _mail_of(self, workflow, record, key, lang):
        """Return the mail of one step as a record would get it, wherever its path leads."""

        def mail(simulator, of_cursor, its_record, scene):
            _entry, run = simulator._enter(of_cursor, its_record, scene)
            step = of_cursor.step_ids.filtered(lambda one: one.key == key)
            shown = step and step._handler()._preview(step, run)
            if not shown:
                raise UserError(self.env._("There is no mail “%s”.", key))
            return shown

        return self._aside(workflow, record, [], None, lang, mail)
