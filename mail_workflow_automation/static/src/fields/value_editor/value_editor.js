import { Component } from "@odoo/owl";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import {
    deserializeDate,
    deserializeDateTime,
    serializeDate,
    serializeDateTime,
} from "@web/core/l10n/dates";
import { SelectMenu } from "@web/core/select_menu/select_menu";
import { _t } from "@web/core/l10n/translation";
import { NameSelector } from "../name_selector/name_selector";

/** The value of a field, asked for by the field's type; null empties the field. */
export class ValueEditor extends Component {
    static template = "mail_workflow_automation.ValueEditor";
    static components = { DateTimeInput, NameSelector, SelectMenu };
    static props = {
        field: Object,
        value: true,
        labels: Object,
        update: Function,
    };

    get choices() {
        if (this.props.field.type === "boolean") {
            return [
                { value: true, label: _t("Yes") },
                { value: false, label: _t("No") },
            ];
        }
        return this.props.field.choices.map(([value, label]) => ({ value, label }));
    }

    get isTime() {
        return this.props.field.type === "datetime";
    }

    get moment() {
        const { value } = this.props;
        if (!value) {
            return false;
        }
        return this.isTime ? deserializeDateTime(value) : deserializeDate(value);
    }

    label(name) {
        return this.props.labels[name] || name || "";
    }

    onText(ev) {
        this.props.update(ev.target.value || null);
    }

    onNumber(ev) {
        this.props.update(ev.target.value === "" ? null : Number(ev.target.value));
    }

    onMoment(moment) {
        const serialize = this.isTime ? serializeDateTime : serializeDate;
        this.props.update(moment ? serialize(moment) : null);
    }

    onAddName(name, label) {
        if (!this.props.value.includes(name)) {
            this.props.update([...this.props.value, name], { [name]: label });
        }
    }

    onRemoveName(name) {
        this.props.update(this.props.value.filter((one) => one !== name));
    }
}
