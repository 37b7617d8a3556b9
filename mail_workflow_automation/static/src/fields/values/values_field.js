import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { ModelFieldSelector } from "@web/core/model_field_selector/model_field_selector";
import { registry } from "@web/core/registry";
import { SelectMenu } from "@web/core/select_menu/select_menu";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useJsonRows } from "../json_rows";
import { ValueEditor } from "../value_editor/value_editor";

const EMPTY = { value: null, in_days: 0, from: "", add: [] };

const howOf = (entry) => Object.keys(EMPTY).find((how) => how in entry);

/** The fields that a step sets: each to a value of its type, a date, or what another one holds. */
export class ValuesField extends Component {
    static template = "mail_workflow_automation.ValuesField";
    static components = { ModelFieldSelector, SelectMenu, ValueEditor };
    static props = { ...standardFieldProps, wordsField: { type: String, optional: true } };

    setup() {
        // of records chosen just now; the server says how the others are shown
        this.labels = useState({});
        this.rows = useJsonRows({
            read: (entries) => entries || [],
            write: (entries) => entries,
            isComplete: (entry) => {
                const how = howOf(entry);
                return Boolean(entry.field && how) && (how !== "from" || Boolean(entry.from)) &&
                    (how !== "add" || entry.add.length > 0);
            },
        });
    }

    get words() {
        return this.props.record.data[this.props.wordsField] || "";
    }

    get resModel() {
        return this.props.record.data.model_name;
    }

    get fields() {
        return this.props.record.data.update_fields || [];
    }

    get fieldChoices() {
        return this.fields.map(({ name, label }) => ({ value: name, label }));
    }

    field(row) {
        return this.fields.find((field) => field.name === row.value.field);
    }

    how(row) {
        return howOf(row.value);
    }

    labelsOf(row) {
        const known = this.props.record.data.update_labels?.[row.value.field];
        return { ...known, ...this.labels };
    }

    howChoices(field) {
        if (field.type === "records") {
            return [{ value: "add", label: _t("By adding") }];
        }
        const isDate = field.type === "date" || field.type === "datetime";
        return [
            { value: "value", label: _t("To a value") },
            ...(isDate ? [{ value: "in_days", label: _t("To a date, in days from then") }] : []),
            { value: "from", label: _t("To what another field holds") },
        ];
    }

    onField(row, name) {
        const field = this.fields.find((one) => one.name === name);
        const how = field.type === "records" ? "add" : "value";
        this.rows.update(row.id, { field: name, [how]: EMPTY[how] });
    }

    onHow(row, how) {
        if (how !== this.how(row)) {
            this.rows.update(row.id, { field: row.value.field, [how]: EMPTY[how] });
        }
    }

    onValue(row, value, labels = {}) {
        Object.assign(this.labels, labels);
        this.rows.update(row.id, { field: row.value.field, [this.how(row)]: value });
    }
}

export const valuesField = {
    component: ValuesField,
    displayName: _t("Values to Set"),
    supportedTypes: ["json"],
    supportedOptions: [{ label: _t("Field with the values in words"), name: "words", type: "field" }],
    isEmpty: () => false,
    fieldDependencies: ({ options }) => [
        { name: "update_fields", type: "json", readonly: true },
        { name: "update_labels", type: "json", readonly: true },
        { name: "model_name", type: "char", readonly: true },
        ...(options.words ? [{ name: options.words, type: "char", readonly: true }] : []),
    ],
    extractProps: ({ options }) => ({ wordsField: options.words }),
};

registry.category("fields").add("mail_workflow_values", valuesField);
