from odoo import api, models, tools
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

TEMPLATE = "mail_workflow_automation.block_coupon"


class MailWorkflowBlockCoupon(models.AbstractModel):
    """The reader's coupon: what it gives, its code, until when, and a button that takes the code
    into their cart."""

    _name = "mail.workflow.block.coupon"
    _inherit = "mail.workflow.block"
    _description = "Coupon"

    _block_label = _lt("Coupon")
    _block_sequence = 30
    _block_help = _lt("The code a reader was given, and a button that takes it into their cart.")

    @api.model
    def _render(self, text, runs, env, base_url, options):
        # whoever was given a code may be told what it is for
        cards = self.env["mail.workflow.coupon"]._newest_of(runs)
        html = {}
        for run_id, card_sudo in cards.items():
            card_sudo = card_sudo.with_context(lang=text.lang)
            expires = card_sudo.expiration_date
            until = expires and tools.format_date(env, expires, lang_code=text.lang)
            html[run_id] = self._html(
                env,
                TEMPLATE,
                {
                    "code": card_sudo.code,
                    "gives": card_sudo.program_id.reward_ids[:1].description,
                    "until": until and env._("Good until %s", until),
                },
                text.lang,
            )
        return html

    @api.model
    def _sample(self, env, lang, options):
        values = {"code": "0448-2917-76B0", "gives": env._("10% on your order"), "until": False}
        return self._html(env, TEMPLATE, values, lang)
