import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { EventEditor } from "../event_editor/event_editor";
import { isEventComplete, useEventKinds } from "../event_kinds";
import { useJsonRows } from "../json_rows";
import { useWayNames } from "../way_list/way_names";

/**
 * A json field that holds a list of events. With the option `ways` each leads to a way of the step:
 * its `branch`, and several may share one.
 */
export class EventsField extends Component {
    static template = "mail_workflow_automation.EventsField";
    static components = { EventEditor };
    static props = {
        ...standardFieldProps,
        hasWays: { type: Boolean, optional: true },
        wordsField: { type: String, optional: true },
    };

    setup() {
        this.kinds = useEventKinds();
        this.wayNames = useWayNames();
        this.rows = useJsonRows({
            read: (events) => events || [],
            write: (events) => events,
            isComplete: (event) => isEventComplete(event, this.kinds.all),
        });
    }

    get words() {
        return this.props.record.data[this.props.wordsField] || "";
    }

    onAdd() {
        this.rows.add({});
    }

    onUpdate(row, event) {
        if (this.props.hasWays && event.kind && !event.branch) {
            const kind = this.kinds.all.find((one) => one.kind === event.kind);
            const taken = this.rows.all.map((one) => one.value.branch);
            event = { ...event, branch: this.wayNames.unique(kind.label, taken) };
        }
        this.rows.update(row.id, event);
    }

    onRemove(row) {
        const { branch, was } = row.value;
        const isShared = this.rows.all.some((one) => one !== row && one.value.branch === branch);
        if (isShared || !branch || this.wayNames.mayGo(was || branch)) {
            this.rows.remove(row.id);
        }
    }

    onWay(row, ev) {
        const name = this.wayNames.typed(ev.target.value);
        if (!name) {
            ev.target.value = this.wayNames.label(row.value.branch);
            return;
        }
        this.rows.update(row.id, this.wayNames.renamed(row.value, "branch", name));
    }
}

export const eventsField = {
    component: EventsField,
    displayName: _t("Events"),
    supportedTypes: ["json"],
    supportedOptions: [
        { label: _t("Each leads to a way of the step"), name: "ways", type: "boolean" },
        { label: _t("Field with the events in words"), name: "words", type: "field" },
    ],
    isEmpty: () => false,
    fieldDependencies: ({ options }) => [
        ...(options.words ? [{ name: options.words, type: "text", readonly: true }] : []),
        ...(options.ways ? [{ name: "way_details", type: "json", readonly: true }] : []),
    ],
    extractProps: ({ options }) => ({ hasWays: !!options.ways, wordsField: options.words }),
};

registry.category("fields").add("mail_workflow_events", eventsField);
