from odoo import api, fields, models
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..engine.evidence import auc, deciles
from ..engine.suggestion import ENOUGH
from ..models.mail_workflow_score_past import LEADS

# fewer won or lost say nothing about rules
FEW = 10
# more people than so many, the newest, hardly tell more, and keep whoever asks waiting
MOST = 3000


class MailWorkflowScoreTest(models.TransientModel):
    """Tells how well the rules would have told who would be won, beside Odoo's own forecast."""

    _name = "mail.workflow.score.test"
    _inherit = "mail.workflow.score.look"
    _description = "Test the Rules"

    report = fields.Html(readonly=True, sanitize=False)

    @api.model
    def action_open(self):
        """Look at the past, and show what was found."""
        return self._open()

    def action_look(self):
        """Look at it as it was asked for now."""
        return self._look_again()

    def _look(self):
        past = self._read_past()
        self.report = False
        _learned, held = past.parts(ENOUGH)
        places = (held or list(range(len(past.cases))))[-MOST:]
        trial = self.env["mail.workflow.score.trial"]
        people = trial._part(past, places)
        won = len(people.won)
        if min(won, len(places) - won) < FEW:
            self.message = self.env._(
                "There are too few to test the rules with: %(won)s won and %(lost)s lost. At "
                "least %(few)s of each are needed.",
                won=won,
                lost=len(places) - won,
                few=FEW,
            )
            return
        rules, knowing = trial._rules(self.score_model_id)
        wins = [case.is_won for case in people.cases]
        results = [
            self._result(
                self.env._("Rules of “%s”", self.score_model_id.display_name),
                trial._scores(people, rules, self.score_model_id),
                wins,
            )
        ]
        if self.past == LEADS:
            chances = [100 * chance for chance in trial._foretold(past, places)]
            name = self.env._("Odoo's predictive scoring")
            results.append(self._result(name, chances, wins, is_percent=True))
        self.report = self.env["ir.qweb"]._render(
            "mail_workflow_automation.score_test",
            {
                "results": results,
                "people": len(places),
                "won": won,
                "share": round(100 * won / len(places)),
                "since": format_date(self.env, people.cases[0].start.date()),
                "until": format_date(self.env, people.cases[-1].start.date()),
                "is_held": bool(held),
                "has_profiles": "profile" in rules.mapped("basis"),
                "has_rules": bool(rules),
                "knowing": knowing.mapped("display_name"),
                "is_leads": self.past == LEADS,
            },
        )

    @api.model
    def _result(self, name, scores, wins, *, is_percent=False):
        """Return what is shown of a way to tell who will be won."""
        found = auc(scores, wins)
        groups = deciles(scores, wins)
        return {
            "name": name,
            "auc": formatLang(self.env, found.value, digits=2),
            "low": formatLang(self.env, found.low, digits=2),
            "high": formatLang(self.env, found.high, digits=2),
            "verdict": self._verdict(found),
            "groups": [
                {
                    "range": self._range(group, "%" if is_percent else ""),
                    "people": group.people,
                    "won": group.won,
                    "percent": round(100 * group.won / group.people),
                }
                for group in groups
            ],
        }

    @api.model
    def _range(self, group, unit):
        low, high = f"{round(group.low)}{unit}", f"{round(group.high)}{unit}"
        return low if low == high else self.env._("%(low)s to %(high)s", low=low, high=high)

    @api.model
    def _verdict(self, found):
        """Return how good it is, in words."""
        if found.low <= 0.5 <= found.high:
            return self.env._("no better than a coin, as far as one can tell")
        if found.high < 0.5:
            return self.env._("the wrong way round")
        if found.value < 0.7:
            return self.env._("a little better than a coin")
        return self.env._("good") if found.value < 0.85 else self.env._("very good")
