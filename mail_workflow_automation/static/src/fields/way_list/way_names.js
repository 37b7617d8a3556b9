import { useComponent } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

const LONGEST = 64;
/** Where ways come together: no way can be called so. */
const THEN = "then";

/**
 * The names of the ways of a step: how they are shown, how a new one is called, how one is renamed.
 * A renamed way says what it `was`, so that the steps on it follow. What stands on the ways the
 * server says, in `way_details`: `{name: {label, steps: [names]}}`.
 */
export function useWayNames() {
    const component = useComponent();
    const notification = useService("notification");
    const details = () => component.props.record.data.way_details || {};
    const warn = (message) => notification.add(message, { type: "warning" });

    const names = {
        label(name) {
            return details()[name]?.label || name || "";
        },
        /** Return the name that somebody typed, or null: said why. */
        typed(text, taken = []) {
            const shown = text.trim();
            const known = Object.entries(details()).find(([, way]) => way.label === shown);
            const name = known ? known[0] : shown;
            if (!name) {
                return null;
            }
            if (name === THEN || name.length > LONGEST) {
                warn(_t("Choose another name for this way, of at most %s letters.", LONGEST));
                return null;
            }
            if (taken.includes(name)) {
                warn(_t("Another way is called “%s” already.", shown));
                return null;
            }
            return name;
        },
        unique(label, taken) {
            const base = label.slice(0, LONGEST - 4);
            let name = base;
            for (let number = 2; taken.includes(name) || name === THEN; number++) {
                name = `${base} ${number}`;
            }
            return name;
        },
        /** Return a row under another name. */
        renamed(row, key, name) {
            const { was = row[key], ...rest } = row;
            const isKnown = was in details() && was !== name;
            return { ...rest, [key]: name, ...(isKnown ? { was } : {}) };
        },
        /** Tell whether a way can be removed; if not, say which steps stand on it. */
        mayGo(name) {
            const way = details()[name];
            if (!way?.steps.length) {
                return true;
            }
            const steps = way.steps.join(", ");
            warn(
                _t("Steps stand on the way “%(way)s”: %(steps)s. Move or remove them first.", {
                    way: way.label,
                    steps,
                })
            );
            return false;
        },
        /** Call a row as its input says, or put the input back. */
        rename(rows, row, ev, reserved = []) {
            const others = rows.all.filter((one) => one.id !== row.id);
            const taken = [...reserved, ...others.map((one) => one.value.name)];
            const name = names.typed(ev.target.value, taken);
            if (name) {
                rows.update(row.id, names.renamed(row.value, "name", name));
            } else {
                ev.target.value = names.label(row.value.name);
            }
        },
        /** Remove a row, unless steps stand on its way. */
        remove(rows, row) {
            if (names.mayGo(row.value.was || row.value.name)) {
                rows.remove(row.id);
            }
        },
    };
    return names;
}
