import { Component } from "@odoo/owl";
import { CheckBox } from "@web/core/checkbox/checkbox";
import { SelectMenu } from "@web/core/select_menu/select_menu";
import { DataFilters } from "../data_filters/data_filters";
import { EventFilter } from "../event_filter/event_filter";

/**
 * An event as a goal, an exit, a wait or a condition names it: its kind, what must be true of it,
 * within which days. The server describes the kinds; none is known here.
 */
export class EventEditor extends Component {
    static template = "mail_workflow_automation.EventEditor";
    static components = { CheckBox, DataFilters, EventFilter, SelectMenu };
    static props = {
        event: Object,
        kinds: Array,
        days: { type: [{ value: "within_days" }, { value: "window_days" }], optional: true },
        isOfNoRun: { type: Boolean, optional: true },
        required: { type: Boolean, optional: true },
        update: Function,
    };

    setup() {
        const groups = Object.groupBy(this.props.kinds, (kind) => kind.category);
        this.groups = Object.entries(groups).map(([label, kinds]) => ({
            label,
            choices: kinds.map(({ kind, label }) => ({ value: kind, label })),
        }));
    }

    get kind() {
        return this.props.kinds.find((kind) => kind.kind === this.props.event.kind);
    }

    get filters() {
        return this.props.event.filters || {};
    }

    get shownFilters() {
        return this.kind.filters.filter((filter) => this.isAsked(filter, this.filters));
    }

    isAsked(filter, filters) {
        const only = Object.entries(filter.only || {});
        return only.every(([name, value]) => filters[name] === value);
    }

    onKind(kind) {
        if (kind === this.props.event.kind) {
            return;
        }
        const found = this.props.kinds.find((one) => one.kind === kind);
        const { name, filters, ...rest } = this.props.event;
        const defaults = Object.keys(found?.defaults || {}).length ? found.defaults : null;
        this.props.update({
            ...rest,
            kind: kind || undefined,
            ...(found?.is_named && name ? { name } : {}),
            ...(defaults ? { filters: { ...defaults } } : {}),
        });
    }

    onName(ev) {
        this.set("name", ev.target.value.trim());
    }

    onDays(ev) {
        this.set(this.props.days, Math.max(0, parseInt(ev.target.value) || 0));
    }

    onFilter(name, value) {
        const filters = { ...this.filters, [name]: value };
        for (const filter of this.kind.filters) {
            if (!filters[filter.name] || !this.isAsked(filter, filters)) {
                delete filters[filter.name];
            }
        }
        this.setFilters(filters);
    }

    setFilters(filters) {
        this.set("filters", Object.keys(filters).length ? filters : undefined);
    }

    /** What is empty is not said at all. */
    set(name, value) {
        const event = { ...this.props.event, [name]: value };
        if (!value) {
            delete event[name];
        }
        this.props.update(event);
    }
}
