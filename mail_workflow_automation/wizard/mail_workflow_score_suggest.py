from odoo import api, fields, models

from ..engine.suggestion import ENOUGH, is_enough, mask, suggest


class MailWorkflowScoreSuggest(models.TransientModel):
    """Proposes rules that the past speaks for, with the evidence."""

    _name = "mail.workflow.score.suggest"
    _inherit = "mail.workflow.score.look"
    _description = "Suggest Rules"

    count_past = fields.Boolean(
        string="Count the Past Too",
        help="A rule that is added also gives its points for what people did before, as far as it "
        "was noted. It starts no workflow.",
    )
    suggestion_ids = fields.One2many("mail.workflow.score.suggestion", "suggest_id", readonly=True)

    @api.model
    def action_open(self):
        """Look at the past, and show what was found."""
        return self._open()

    def action_look(self):
        """Look at it as it was asked for now."""
        return self._look_again()

    def _look(self):
        past = self._read_past()
        self.suggestion_ids.unlink()
        learned, held = past.parts(ENOUGH)
        everybody, won = mask(learned), mask(past.won) & mask(learned)
        if not is_enough(everybody, won):
            self.message = self.env._(
                "There are too few to learn from: %(won)s won and %(lost)s lost. From about "
                "%(enough)s of each the past begins to say something.",
                won=self.won_count,
                lost=self.lost_count,
                enough=ENOUGH,
            )
            return
        facts, since = self.env["mail.workflow.score.fact"]._read(
            past, self.past, self.score_model_id
        )
        levels = [level & everybody for level in facts.levels()]
        found = suggest(everybody, won, facts.all(since), levels)
        suggestions = self.env["mail.workflow.score.suggestion"]
        rules = self.env["mail.workflow.scoring.rule"].search(
            [("score_model_id", "=", self.score_model_id.id)]
        )
        suggestions.create([suggestions._prepare(self, one, rules) for one in found])
        self.suggestion_ids.filtered(lambda one: not one._is_possible()).unlink()
        self.message = self._what_was_found(len(learned), len(held))

    def _what_was_found(self, learned, held):
        parts = []
        if not self.suggestion_ids:
            parts.append(
                self.env._(
                    "Nothing that people did or were speaks for or against them more than chance "
                    "would bring about."
                )
            )
        if held:
            parts.append(
                self.env._(
                    "Learned from the %(learned)s oldest; the %(held)s newest are held back for "
                    "“Test the Rules”.",
                    learned=learned,
                    held=held,
                )
            )
        return " ".join(parts) or False
