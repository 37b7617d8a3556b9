from odoo import models


class SlideChannelPartner(models.Model):
    _inherit = "slide.channel.partner"

    def _post_completion_update_hook(self, completed=True):
        result = super()._post_completion_update_hook(completed=completed)
        events = self.env["mail.workflow.event"]
        if completed and events._is_listened("course_completed"):
            for membership_sudo in self.sudo():  # who learns has no rights on it
                course = membership_sudo.channel_id
                events._emit(
                    "course_completed",
                    record=membership_sudo,
                    data={"course": course.id},
                    place=course,
                )
        return result
