import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";

/** Who met the goal: of those in the workflow, and of those who were left out to compare. */
export class FlowHoldout extends Component {
    static template = "mail_workflow_automation.FlowHoldout";
    static props = { comparison: Object };

    get rows() {
        return [this.row("with", _t("In the workflow")), this.row("without", _t("Left out"))];
    }

    row(name, label) {
        const { people, goal } = this.props.comparison[name];
        const rate = people ? (goal / people) * 100 : 0;
        return {
            name,
            label,
            rate: _t("%s %%", formatFloat(rate, { digits: [69, 1] })),
            whole: _t("%(goal)s of %(people)s people", {
                goal: formatInteger(goal),
                people: formatInteger(people),
            }),
            width: `width: ${rate}%`,
        };
    }
}
