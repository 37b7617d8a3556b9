import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { SelectionField, selectionField } from "@web/views/fields/selection/selection_field";

/**
 * Picks the value of a char field from choices that depend on the record: a json field,
 * `[[value, label], ...]`, named by the option `choices`.
 */
export class ChoiceField extends SelectionField {
    static props = { ...SelectionField.props, choicesField: String };

    setup() {
        super.setup();
        this.type = "selection";
    }

    get options() {
        const choices = this.props.record.data[this.props.choicesField] || [];
        const value = this.value;
        const isKnown = !value || choices.some((choice) => choice[0] === value);
        return isKnown ? choices : [...choices, [value, value]];
    }

    get string() {
        const option = this.options.find((choice) => choice[0] === this.value);
        return option ? option[1] : "";
    }
}

export const choiceField = {
    ...selectionField,
    component: ChoiceField,
    displayName: _t("Choice"),
    supportedTypes: ["char"],
    supportedOptions: [
        { label: _t("Field with the choices"), name: "choices", type: "field" },
    ],
    fieldDependencies: ({ options }) => [{ name: options.choices, type: "json", readonly: true }],
    extractProps: (fieldInfo, dynamicInfo) => ({
        ...selectionField.extractProps(fieldInfo, dynamicInfo),
        choicesField: fieldInfo.options.choices,
    }),
};

registry.category("fields").add("mail_workflow_choice", choiceField);
