import { Component } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { formatInteger } from "@web/views/fields/formatters";
import { _t } from "@web/core/l10n/translation";

const RATES = ["opened", "clicked"]; // of those the mail reached

/** Return a part of a whole in words. */
export function percent(part, whole) {
    return _t("%s %%", whole ? Math.round((part / whole) * 100) : 0);
}

/** The few figures that stand on a card; each leads to the people behind it. */
export class FlowFigures extends Component {
    static template = "mail_workflow_automation.FlowFigures";
    static props = { card: Object, figures: Object, isActive: Boolean, commands: Object };

    get shown() {
        const { card, figures } = this.props;
        return this.names(card, figures).map((name) => ({
            name,
            value: this.value(name),
            label: this.labels[name],
        }));
    }

    value(name) {
        const { figures } = this.props;
        if (name === "revenue") {
            // without its cents: there is little room
            const { amount, currency_id } = figures.revenue;
            return formatCurrency(amount, currency_id, { digits: [69, 0] });
        }
        return RATES.includes(name)
            ? percent(figures[name], figures.delivered)
            : formatInteger(figures[name] || 0);
    }

    get labels() {
        return {
            entered: _t("in"),
            active: _t("now"),
            goal: _t("goal"),
            sent: _t("sent"),
            opened: _t("open"),
            clicked: _t("click"),
            waiting: _t("here"),
            done: _t("done"),
            failed: _t("failed"),
        };
    }

    names(card, figures) {
        if (card.shape === "entry") {
            return figures.goal === undefined ? ["entered", "active"] : ["entered", "active", "goal"];
        }
        if (card.shape === "pill") {
            return figures.waiting ? ["waiting"] : [];
        }
        const ending = figures.failed ? ["failed"] : [];
        if (figures.orders) {
            ending.unshift("revenue");
        }
        return figures.sent ? ["sent", "opened", "clicked", ...ending] : ["waiting", "done", ...ending];
    }
}
