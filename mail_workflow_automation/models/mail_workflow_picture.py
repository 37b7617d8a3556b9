"""Pictures in mails outlive the mailing they were put into: other texts show them by number."""

from odoo import models
from odoo.tools import SQL

# how a text names a picture
SHOWN = r"/web/(?:image|content)/(\d+)"


class MailWorkflow(models.Model):
    """A text that is published, copied, or brought back by an undo keeps the addresses of its
    pictures. Whoever owned them hands them over before it goes."""

    _inherit = "mail.workflow"

    def unlink(self):
        """The pictures of a copy for editing go to its workflow, those of a workflow to another
        one that shows them."""
        workflows_sudo = self.sudo().with_context(active_test=False)
        for draft_sudo in workflows_sudo.filtered("draft_of_id"):
            draft_sudo.step_ids.text_ids.mailing_id._give_pictures(draft_sudo.draft_of_id)
        (workflows_sudo - workflows_sudo.filtered("draft_of_id"))._hand_over_pictures()
        return super().unlink()

    def _hand_over_pictures(self):
        mailings = self.step_ids.text_ids.mailing_id
        pictures = _owned(mailings) | _owned(self)
        if not pictures:
            return
        gone = mailings | self.draft_ids.step_ids.text_ids.mailing_id
        gone.flush_model(["body_arch", "body_html", "workflow_id"])
        heirs = {}
        for mailing_id, picture_id in self.env.execute_query(
            SQL(
                """
                SELECT mailing.id, shown.number[1]
                  FROM mailing_mailing mailing,
                       regexp_matches(concat(mailing.body_arch, mailing.body_html), %s, 'g')
                       shown(number)
                 WHERE mailing.workflow_id IS NOT NULL AND NOT mailing.id = ANY(%s)
              ORDER BY mailing.id DESC
                """,
                SHOWN,
                gone.ids,
            )
        ):
            heirs[int(picture_id)] = mailing_id
        by_heir = pictures.filtered(lambda one: one.id in heirs).grouped(lambda one: heirs[one.id])
        for mailing_id, inherited in by_heir.items():
            inherited.write({"res_model": "mailing.mailing", "res_id": mailing_id})


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    def unlink(self):
        """A removed step may come back, and its copies stay: the workflow keeps their pictures."""
        for workflow_sudo, mailings_sudo in self.sudo().grouped("workflow_id").items():
            if workflow_sudo:
                mailings_sudo._give_pictures(workflow_sudo._live())
        return super().unlink()

    def _give_pictures(self, workflow):
        _owned(self).write({"res_model": "mail.workflow", "res_id": workflow.id})


def _owned(records):
    """Return the attachments that would be deleted with records, which are those of sudo."""
    return records.env["ir.attachment"].search(
        [("res_model", "=", records._name), ("res_id", "in", records.ids)]
    )
