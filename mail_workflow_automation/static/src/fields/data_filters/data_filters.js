import { Component, onWillUpdateProps, useState } from "@odoo/owl";

let nextId = 1;

function typed(text) {
    try {
        const value = JSON.parse(text);
        return typeof value === "object" ? text : value;
    } catch {
        return text;
    }
}

function shown(value) {
    return typeof value === "string" && typed(value) === value ? value : JSON.stringify(value);
}

/** Filters of an event whose data has any keys: each key with the value that counts. */
export class DataFilters extends Component {
    static template = "mail_workflow_automation.DataFilters";
    static props = { filters: Object, update: Function };

    setup() {
        this.state = useState({ rows: this.read(this.props.filters) });
        this.known = JSON.stringify(this.props.filters);
        onWillUpdateProps(({ filters }) => {
            if (JSON.stringify(filters) !== this.known) {
                this.known = JSON.stringify(filters);
                this.state.rows = this.read(filters);
            }
        });
    }

    read(filters) {
        return Object.entries(filters).map(([key, value]) => ({
            id: nextId++,
            key,
            text: shown(value),
        }));
    }

    write() {
        const named = this.state.rows.filter((row) => row.key);
        const filters = Object.fromEntries(named.map((row) => [row.key, typed(row.text)]));
        this.known = JSON.stringify(filters);
        this.props.update(filters);
    }

    onAdd() {
        this.state.rows.push({ id: nextId++, key: "", text: "" });
    }

    onChange(row, name, ev) {
        row[name] = ev.target.value.trim();
        this.write();
    }

    onRemove(row) {
        this.state.rows.splice(this.state.rows.indexOf(row), 1);
        this.write();
    }
}
