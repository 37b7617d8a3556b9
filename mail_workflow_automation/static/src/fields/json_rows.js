import { useComponent, useRef, useState } from "@odoo/owl";
import { useBus } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";

/** Json as a text that does not depend on the order of keys; `was` only says what was renamed. */
function asText(value) {
    return JSON.stringify(value || null, (key, part) => {
        if (key === "was") {
            return undefined;
        }
        if (part && typeof part === "object" && !Array.isArray(part)) {
            return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
        }
        return part;
    });
}

let nextId = 1;

/**
 * The rows of a json field that somebody edits. A row that is not complete yet stays here; of one
 * that was complete the field keeps what it said last.
 *
 * The template of the field names its root `root`; a text input that has the class
 * `o_mail_workflow_input` is taken over before the record is saved.
 *
 * @param {Object} params
 * @param {(value: any) => Object[]} params.read rows of the value of the field
 * @param {(rows: Object[]) => any} params.write value of the field, of complete rows
 * @param {(row: Object) => boolean} [params.isComplete]
 * @param {(rows: { value: Object, kept: Object }[]) => void} [params.adjust] what follows in other
 *  rows from a change
 */
export function useJsonRows({ read, write, isComplete = () => true, adjust = () => {} }) {
    const component = useComponent();
    const root = useRef("root");
    const state = useState({ rows: [] });
    let known = null;
    let saved = Promise.resolve();

    const make = (value) => ({ id: nextId++, value, kept: isComplete(value) ? value : null });
    const save = () => {
        const { record, name } = component.props;
        const value = write(state.rows.map((row) => row.kept).filter(Boolean));
        const text = asText(value);
        if (text !== known) {
            known = text;
            saved = record.update({ [name]: value });
        }
        return saved;
    };
    const change = (rows) => {
        adjust(rows);
        state.rows = rows;
        return save();
    };

    useRecordObserver((record, props) => {
        const value = record.data[props.name];
        const text = asText(value);
        if (text !== known) {
            known = text;
            state.rows = read(value).map(make);
        } else if (!JSON.stringify(value || null).includes('"was":')) {
            for (const row of state.rows) {
                delete row.value.was;
                delete row.kept?.was;
            }
        }
    });
    useBus(component.props.record.model.bus, "NEED_LOCAL_CHANGES", ({ detail }) => {
        root.el?.querySelector(".o_mail_workflow_input:focus")?.dispatchEvent(new Event("change"));
        detail.proms.push(saved);
    });

    return {
        get all() {
            return state.rows;
        },
        add(value, index = state.rows.length) {
            return change(state.rows.toSpliced(index, 0, make(value)));
        },
        replace(values) {
            return change(values.map(make));
        },
        update(id, value) {
            const changed = (row) => ({ ...row, value, kept: isComplete(value) ? value : row.kept });
            return change(state.rows.map((row) => (row.id === id ? changed(row) : row)));
        },
        remove(id) {
            return change(state.rows.filter((row) => row.id !== id));
        },
        move(id, index) {
            const row = state.rows.find((one) => one.id === id);
            const others = state.rows.filter((one) => one !== row);
            return change(others.toSpliced(index, 0, row));
        },
    };
}
