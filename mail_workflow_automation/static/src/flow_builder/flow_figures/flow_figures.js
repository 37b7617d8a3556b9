import { Component } from "@odoo/owl";
import { formatInteger } from "@web/views/fields/formatters";
import { _t } from "@web/core/l10n/translation";

/** The few figures that stand on a card; each leads to the people behind it. */
export class FlowFigures extends Component {
    static template = "mail_workflow_automation.FlowFigures";
    static props = { card: Object, figures: Object, commands: Object };

    get shown() {
        const { card, figures } = this.props;
        const percent = (part, whole) => (whole ? `${Math.round((part / whole) * 100)} %` : "0 %");
        const parts = {
            entered: [formatInteger(figures.entered), _t("in")],
            active: [formatInteger(figures.active), _t("now")],
            goal: [formatInteger(figures.goal), _t("goal")],
            sent: [formatInteger(figures.sent), _t("sent")],
            opened: [percent(figures.opened, figures.delivered), _t("open")],
            clicked: [percent(figures.clicked, figures.delivered), _t("click")],
            waiting: [formatInteger(figures.waiting), _t("here")],
            done: [formatInteger(figures.done), _t("done")],
            failed: [formatInteger(figures.failed), _t("failed")],
        };
        return this.names(card, figures).map((name) => {
            const [value, label] = parts[name];
            return { name, value, label };
        });
    }

    names(card, figures) {
        if (card.shape === "entry") {
            return figures.goal === undefined ? ["entered", "active"] : ["entered", "active", "goal"];
        }
        if (card.shape === "pill") {
            return figures.waiting ? ["waiting"] : [];
        }
        const ending = figures.failed ? ["failed"] : [];
        return figures.sent ? ["sent", "opened", "clicked", ...ending] : ["waiting", "done", ...ending];
    }
}
