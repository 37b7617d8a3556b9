/**
 * The tree of steps of a file: `definition.steps`, and `steps` in each of a step's `branches`.
 *
 * A place is `{parent, branch, index}`: `parent` is the key of a step with branches and `branch` the
 * name of one of them; `parent: null, branch: "then"` is the list at the top.
 *
 * Nothing here changes what it is given: what differs is new, the rest is shared, so that a file is
 * its own undo entry and what did not change is known by being the same object.
 */

export const THEN = "then";
export const TOP = { parent: null, branch: THEN };

// what the file calls a step that another one names: a goto's target, an event's own mail
const REFERENCES = ["target", "step"];

/** Return `[[step, place]]` of all steps below a list, in reading order. */
export function walk(steps, { parent, branch } = TOP) {
    return steps.flatMap((step, index) => [
        [step, { parent, branch, index }],
        ...Object.entries(step.branches || {}).flatMap(([name, entry]) =>
            walk(entry.steps || [], { parent: step.key, branch: name })
        ),
    ]);
}

/** Return `Map(key => {step, place})`. */
export function indexOf(definition) {
    const found = new Map();
    for (const [step, place] of walk(definition.steps)) {
        found.set(step.key, { step, place });
    }
    return found;
}

/** Return the keys of steps and of all that is in their branches. */
export function keysOf(steps) {
    return walk(steps).map(([step]) => step.key);
}

/** Return the list of steps of a place. */
export function listAt(index, definition, { parent, branch }) {
    if (parent === null) {
        return definition.steps;
    }
    return index.get(parent).step.branches?.[branch]?.steps || [];
}

/** Return the definition with the list of a place changed by a function of it. */
export function withList(index, definition, place, change) {
    let { parent, branch } = place;
    let list = change(listAt(index, definition, place));
    while (parent !== null) {
        const { step, place: above } = index.get(parent);
        const entry = { ...step.branches?.[branch], steps: list };
        const changed = { ...step, branches: { ...step.branches, [branch]: entry } };
        list = replaced(listAt(index, definition, above), above.index, 1, [changed]);
        ({ parent, branch } = above);
    }
    return { ...definition, steps: list };
}

/** Return a copy of a list with some entries replaced by others. */
export function replaced(list, start, count, entries) {
    return [...list.slice(0, start), ...entries, ...list.slice(start + count)];
}

/** Return copies of steps with other keys (a function of theirs); what names one names its copy. */
export function copied(steps, newKey) {
    const keys = new Map(keysOf(steps).map((key) => [key, newKey(key)]));
    return eachStep(renamed(steps, keys), (step) => ({ ...step, key: keys.get(step.key) }));
}

/** Return the definition without what names steps that are gone; the same one if nothing does. */
export function forgotten(definition, gone) {
    const isGone = (step) => gone.includes(step.target);
    if (!walk(definition.steps).some(([step]) => isGone(step))) {
        return definition;
    }
    const steps = eachStep(definition.steps, (step) => {
        const { target, ...rest } = step;
        return gone.includes(target) ? rest : step;
    });
    return { ...definition, steps };
}

/** Return a list of steps, and those in their branches, each changed by a function of it. */
function eachStep(steps, change) {
    return steps.map((step) => {
        const changed = change(step);
        if (!step.branches) {
            return changed;
        }
        const branches = Object.entries(step.branches).map(([name, entry]) => [
            name,
            { ...entry, steps: eachStep(entry.steps || [], change) },
        ]);
        return { ...changed, branches: Object.fromEntries(branches) };
    });
}

/** Tell whether two files, or parts of them, say the same. */
export function sameFile(one, other) {
    return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * Return a file with what another one says of a step (null: of who comes in and all else but the
 * steps); the steps in its branches stay.
 */
export function withEntryOf(definition, other, key) {
    if (key === null) {
        return { ...other, steps: definition.steps };
    }
    const index = indexOf(definition);
    const [mine, theirs] = [index.get(key), indexOf(other).get(key)?.step];
    if (!mine || !theirs) {
        return definition;
    }
    const branches = Object.entries(theirs.branches || {}).map(([name, entry]) => [
        name,
        { ...entry, steps: mine.step.branches?.[name]?.steps || entry.steps },
    ]);
    const entry = theirs.branches
        ? { ...theirs, branches: Object.fromEntries(branches) }
        : theirs;
    return withList(index, definition, mine.place, (list) =>
        replaced(list, mine.place.index, 1, [entry])
    );
}

function renamed(value, keys, name = null) {
    if (typeof value === "string") {
        return REFERENCES.includes(name) ? keys.get(value) || value : value;
    }
    if (Array.isArray(value)) {
        return value.map((one) => renamed(one, keys));
    }
    if (value && typeof value === "object") {
        const entries = Object.entries(value);
        return Object.fromEntries(entries.map(([key, one]) => [key, renamed(one, keys, key)]));
    }
    return value;
}

/** Tell whether something can follow a step: it goes on, or one of its branches does. */
export function isOpen(step, { branches, mayFollow }) {
    const names = branches(step);
    if (!names.length) {
        return mayFollow(step);
    }
    return names.some((name) => {
        const steps = step.branches?.[name]?.steps || [];
        return !steps.length || isOpen(steps[steps.length - 1], { branches, mayFollow });
    });
}
