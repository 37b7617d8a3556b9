import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { EventEditor } from "../event_editor/event_editor";
import { isEventComplete, useEventKinds } from "../event_kinds";
import { useJsonRows } from "../json_rows";

/** A json field that holds one event, or none. */
export class EventField extends Component {
    static template = "mail_workflow_automation.EventField";
    static components = { EventEditor };
    static props = {
        ...standardFieldProps,
        days: { type: String, optional: true },
        kindsModel: { type: String, optional: true },
        wordsField: { type: String, optional: true },
    };

    setup() {
        this.kinds = useEventKinds();
        this.rows = useJsonRows({
            read: (event) => [event || {}],
            write: ([event]) => (event?.kind ? event : false),
            isComplete: (event) => !event.kind || isEventComplete(event, this.kinds.all),
        });
    }

    get row() {
        return this.rows.all[0];
    }

    get words() {
        return this.props.record.data[this.props.wordsField] || "";
    }

    onUpdate(event) {
        this.rows.update(this.row.id, event.kind ? event : {});
    }
}

export const eventField = {
    component: EventField,
    displayName: _t("Event"),
    supportedTypes: ["json"],
    supportedOptions: [
        { label: _t("Key of the days"), name: "days", type: "string" },
        { label: _t("Model that knows the kinds"), name: "kinds_of", type: "string" },
        { label: _t("Field with the event in words"), name: "words", type: "field" },
    ],
    isEmpty: () => false,
    fieldDependencies: ({ options }) =>
        options.words ? [{ name: options.words, type: "text", readonly: true }] : [],
    extractProps: ({ options }) => ({
        days: options.days,
        kindsModel: options.kinds_of,
        wordsField: options.words,
    }),
};

registry.category("fields").add("mail_workflow_event", eventField);
