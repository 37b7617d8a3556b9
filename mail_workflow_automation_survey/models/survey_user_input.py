from odoo import models


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    def _mark_done(self):
        answered = self.filtered(lambda one: one.state != "done" and not one.test_entry)
        result = super()._mark_done()
        answered._note_survey_answered()
        return result

    def _note_survey_answered(self):
        events = self.env["mail.workflow.event"]
        if not self or not events._is_listened("survey_answered"):
            return
        for answers_sudo in self.sudo():  # the public answers
            survey = answers_sudo.survey_id
            data = {"survey": survey.id}
            if survey.scoring_type != "no_scoring":
                data["score"] = answers_sudo.scoring_percentage
                data["result"] = "passed" if answers_sudo.scoring_success else "failed"
            events.emit("survey_answered", record=answers_sudo, data=data)
