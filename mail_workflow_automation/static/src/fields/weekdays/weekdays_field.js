import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { Info } = luxon;

const KEYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Days of the week as buttons; the field holds their keys, `mon,wed`. None is every day. */
export class WeekdaysField extends Component {
    static template = "mail_workflow_automation.WeekdaysField";
    static props = { ...standardFieldProps };

    get days() {
        const labels = Info.weekdays("short");
        const names = Info.weekdays("long");
        const chosen = this.chosen;
        return KEYS.map((key, index) => ({
            key,
            label: labels[index],
            name: names[index],
            isChosen: chosen.includes(key),
        }));
    }

    get chosen() {
        const value = this.props.record.data[this.props.name] || "";
        return value.split(",").map((key) => key.trim().toLowerCase());
    }

    onToggle(key) {
        const chosen = this.chosen;
        const keys = KEYS.filter((other) => chosen.includes(other) !== (other === key));
        this.props.record.update({ [this.props.name]: keys.join(",") || false });
    }
}

export const weekdaysField = {
    component: WeekdaysField,
    displayName: _t("Days of the Week"),
    supportedTypes: ["char"],
};

registry.category("fields").add("mail_workflow_weekdays", weekdaysField);
