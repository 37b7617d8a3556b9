import { status } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { FlowRemove } from "./flow_remove/flow_remove";
import { cardItem, itemAbove, parseItem, placeBelow } from "./flow_steps";

/**
 * What people do on the drawing, by mouse, keyboard or the panel.
 *
 * @param {FlowBuilder} builder
 */
export function useFlowCommands(builder) {
    const { session, state } = builder;
    const action = useService("action");
    const dialog = useService("dialog");
    const notification = useService("notification");

    /** Carry out a change; say why where it is refused. */
    function change(command, ...args) {
        const result = session.do(command, ...args);
        if (result === false && session.model.refusal) {
            notification.add(session.model.refusal, { type: "warning" });
        }
        return result;
    }

    const commands = {
        open(item) {
            if (parseItem(item).place) {
                return builder.select(null);
            }
            return builder.select(item);
        },

        closePanel() {
            const item = builder.selected;
            builder.select(null);
            builder.canvas?.focus(item);
        },

        /** Let the next step be picked at a place. */
        add(place, target) {
            const clipboard = builder.clipboard;
            builder.palette.open(target, {
                kinds: session.flow.kinds,
                onPick: (kind) => {
                    const key = change("addStep", place, session.flow.kinds[kind].entry);
                    if (key) {
                        builder.select(cardItem(key));
                        builder.canvas.focus(cardItem(key));
                    }
                },
                ...(clipboard && { onPaste: () => commands.paste(place) }),
            });
        },

        /** Let the next step be picked right below an item. */
        addBelow(item, canvas) {
            const place = placeBelow(session.model, item);
            const plus = canvas.plusBelow(item);
            if (plus) {
                commands.add(place, plus);
            } else if (!session.model.mayStand(place)) {
                notification.add(session.model.refusal, { type: "warning" });
            }
        },

        move(item, place) {
            const { key, place: branch } = parseItem(item);
            const [command, what] = branch ? ["moveBranch", branch] : ["moveStep", key];
            if (change(command, what, place)) {
                builder.canvas.focus(item);
            }
        },

        copy(item) {
            const { key, place } = parseItem(item);
            const { model } = session;
            const steps = place ? model.copyBranch(place) : key && model.copyStep(key);
            if (steps) {
                builder.clipboard = { workflowId: session.workflowId, steps };
                notification.add(_t("Copied. Paste it at any place, also of another workflow."), {
                    type: "info",
                });
            }
            return steps;
        },

        cut(item) {
            return commands.copy(item) && commands.take(item);
        },

        paste(place) {
            const { workflowId, steps } = builder.clipboard || {};
            const isOwn = workflowId === session.workflowId;
            const [key] = (steps && change("pasteBranch", place, steps, { isOwn })) || [];
            if (key) {
                builder.canvas.focus(cardItem(key));
            }
        },

        async duplicate(item) {
            const { key } = parseItem(item);
            await builder.flush();
            const copy = key && change("duplicateStep", key);
            if (copy) {
                builder.canvas.focus(cardItem(copy));
            }
        },

        /** Take a step or the steps of a branch out, without a question. */
        take(item, keep) {
            const { key, place } = parseItem(item);
            const above = place ? item : itemAbove(session.model, item);
            const isDone = place ? change("removeBranch", place) : change("removeStep", key, { keep });
            if (isDone) {
                builder.canvas.focus(above);
            }
            return isDone;
        },

        /** Take a step or a branch out; ask where something hangs on it. */
        remove(item) {
            const { key, place } = parseItem(item);
            const steps = place ? session.model.list(place) : [session.model.step(key)];
            if (!steps[0]) {
                return;
            }
            const branches = place ? [] : filledBranches(steps[0]);
            const people = steps.reduce((sum, step) => sum + waiting(step.key), 0);
            if (!branches.length && !people) {
                commands.take(item);
                return;
            }
            dialog.add(FlowRemove, {
                title: _t("Remove “%(step)s”", { step: session.card(steps[0].key).title }),
                people,
                branches,
                onRemove: (keep) => commands.take(item, keep),
            });
        },

        rename(key, name) {
            state.renaming = null;
            if (name.trim() && name.trim() !== session.card(key).title) {
                change("rename", key, name);
            }
            builder.canvas.focus(cardItem(key));
        },

        async undo() {
            await builder.flush(); // what was typed last is taken back first
            change("undo");
        },

        redo() {
            change("redo");
        },

        begin: () => session.begin(),

        /** A button of the panel's form may have left the drawing: it is read anew on the way back. */
        refresh(key) {
            return status(builder) === "destroyed" || session.refresh(key);
        },

        async openPeople(key, figure) {
            action.doAction(await session.call("action_open_people", key, figure, session.period));
        },

        /** Do what a key says; false when it says nothing here. */
        onKey(ev, item, canvas) {
            const { key } = parseItem(item);
            const isCommand = ev.ctrlKey || ev.metaKey;
            const name = isCommand ? `Ctrl+${ev.key.toLowerCase()}` : ev.key;
            if (name === "Enter" || name === " ") {
                commands.open(item).then(() => builder.enterPanel());
            } else if (name === "Ctrl+c") {
                commands.copy(item);
            } else if (!builder.isEditable) {
                return false;
            } else {
                return editingKey(ev, name, item, key, canvas);
            }
            return true;
        },
    };

    function editingKey(ev, name, item, key, canvas) {
        const redo = name === "Ctrl+y" || (name === "Ctrl+z" && ev.shiftKey);
        const below = () => placeBelow(session.model, item);
        const doing = {
            Insert: () => commands.addBelow(item, canvas),
            "+": () => commands.addBelow(item, canvas),
            Delete: () => commands.remove(item),
            Backspace: () => commands.remove(item),
            F2: () => (state.renaming = key),
            "Ctrl+x": () => commands.cut(item),
            "Ctrl+v": () => commands.paste(below()),
            "Ctrl+d": () => commands.duplicate(item),
            "Ctrl+z": redo ? commands.redo : commands.undo,
            "Ctrl+y": commands.redo,
        }[name];
        doing?.();
        return Boolean(doing);
    }

    function waiting(key) {
        return session.figures?.cards?.[key]?.waiting || 0;
    }

    function filledBranches(step) {
        return session.branches(step).flatMap((name) => {
            const count = step.branches?.[name]?.steps?.length || 0;
            return count ? [{ ...session.branch(step, name), count }] : [];
        });
    }

    return commands;
}
