import { _t } from "@web/core/l10n/translation";
import {
    TOP,
    copied,
    forgotten,
    indexOf,
    keysOf,
    listAt,
    replaced,
    walk,
    withList,
} from "./flow_tree";

const UNDO_LIMIT = 200;

function randomKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(3));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function samePlace(one, other) {
    return one.parent === other.parent && one.branch === other.branch;
}

/**
 * The file of a workflow while it is edited. Each command changes it as a whole and can be undone;
 * a command that makes no sense returns false and leaves a sentence in `refusal`.
 */
export class FlowModel {
    /**
     * @param {Object} definition in the file format
     * @param {Object} [options]
     * @param {(key: string) => string} [options.title] what people call a step
     * @param {(step: Object) => boolean} [options.mayFollow] whether a step can follow this one
     * @param {(step: Object) => string[]} [options.branches] names of the branches of a step
     */
    constructor(definition, { title, mayFollow, branches } = {}) {
        this.title = title || ((key) => key);
        this.mayFollow = mayFollow || (() => true);
        this.branches = branches || ((step) => Object.keys(step.branches || {}));
        this.refusal = null;
        this.undoStack = [];
        this.redoStack = [];
        /** The keys of all steps that were ever here. */
        this.known = new Set();
        this._set(definition);
    }

    get canUndo() {
        return this.undoStack.length > 0;
    }

    get canRedo() {
        return this.redoStack.length > 0;
    }

    // --- reading --------------------------------------------------------------------------------

    step(key) {
        return this.index.get(key)?.step;
    }

    place(key) {
        return this.index.get(key)?.place;
    }

    list(place) {
        return listAt(this.index, this.definition, place);
    }

    /** Return the place right after a step; a null key is what people come in by. */
    placeAfter(key) {
        if (key === null) {
            return { ...TOP, index: 0 };
        }
        const place = this.place(key);
        return { ...place, index: place.index + 1 };
    }

    /** Return the keys of the steps that go to this one. */
    namedBy(key) {
        return walk(this.definition.steps)
            .filter(([step]) => step.target === key)
            .map(([step]) => step.key);
    }

    /** Tell whether a place is inside a step, in one of its branches. */
    isInside(place, key) {
        while (place && place.parent !== null) {
            if (place.parent === key) {
                return true;
            }
            place = this.place(place.parent);
        }
        return false;
    }

    // --- commands -------------------------------------------------------------------------------

    /** Put a new step at a place; return its key. */
    addStep(place, entry) {
        const [key] = this._insert(place, [entry]) || [];
        return key || false;
    }

    /**
     * Take a step out; what follows it moves up.
     *
     * @param {string} key
     * @param {Object} [options]
     * @param {string} [options.keep] the branch whose steps take its place; the others go with it
     */
    removeStep(key, { keep } = {}) {
        const found = this.index.get(key);
        if (!found) {
            return false;
        }
        const kept = keep ? found.step.branches?.[keep]?.steps || [] : [];
        const stay = new Set(keysOf(kept));
        const gone = keysOf([found.step]).filter((one) => !stay.has(one));
        return this._change(forgotten(this._with(found.place, 1, kept), gone));
    }

    /** Take out all steps of a branch. */
    removeBranch(place) {
        const steps = this.list(place);
        if (!steps.length) {
            return false;
        }
        const without = this._with({ ...place, index: 0 }, steps.length, []);
        return this._change(forgotten(without, keysOf(steps)));
    }

    /**
     * Put a step elsewhere, with what is in its branches; alone, those steps stay where it stood.
     *
     * @param {string} key
     * @param {Object} place as it is before the move
     * @param {Object} [options]
     * @param {boolean} [options.alone]
     */
    moveStep(key, place, { alone = false } = {}) {
        const found = this.index.get(key);
        if (!found || !this._mayMove([key], place)) {
            return false;
        }
        const { step, place: from } = found;
        const inside = alone ? Object.values(step.branches || {}) : [];
        const left = inside.flatMap((entry) => entry.steps || []);
        const isHere = samePlace(from, place) && [from.index, from.index + 1].includes(place.index);
        if (isHere && !left.length) {
            return false;
        }
        const moved = left.length ? { ...step, branches: this._emptied(step) } : step;
        return this._transfer(from, 1, left, place, [moved]);
    }

    /** Put all steps of a branch elsewhere. */
    moveBranch(from, place) {
        const steps = this.list(from);
        if (!steps.length || samePlace(from, place)) {
            return false;
        }
        const keys = steps.map((step) => step.key);
        if (!this._mayMove(keys, place)) {
            return false;
        }
        return this._transfer({ ...from, index: 0 }, steps.length, [], place, steps);
    }

    /** Return a step and what is in its branches, to be pasted. */
    copyStep(key) {
        const step = this.step(key);
        return step ? [step] : false;
    }

    /** Return the steps of a branch, to be pasted. */
    copyBranch(place) {
        const steps = this.list(place);
        return steps.length ? steps : false;
    }

    /**
     * Put copied steps at a place, with keys of their own; return the keys of the first level.
     *
     * @param {Object} place
     * @param {Object[]} steps
     * @param {Object} [options]
     * @param {boolean} [options.isOwn] they are of this workflow: what was cut from here comes back
     *  as itself, with its people and figures
     */
    pasteBranch(place, steps, { isOwn = false } = {}) {
        return this._insert(place, steps, isOwn);
    }

    /** Put a copy of a step right behind it; return its key. */
    duplicateStep(key) {
        if (!this.step(key)) {
            return false;
        }
        const [copy] = this._insert(this.placeAfter(key), this.copyStep(key)) || [];
        return copy || false;
    }

    rename(key, name) {
        const step = this.step(key);
        const wanted = name.trim();
        if (!step || !wanted || wanted === step.name) {
            return false;
        }
        return this.setEntry(key, { ...step, name: wanted });
    }

    /** Replace what a step says; its key and its place stay. */
    setEntry(key, entry) {
        const found = this.index.get(key);
        if (!found) {
            return false;
        }
        const { place } = found;
        return this._change(this._with(place, 1, [{ ...entry, key }]));
    }

    undo() {
        return this._travel(this.undoStack, this.redoStack);
    }

    redo() {
        return this._travel(this.redoStack, this.undoStack);
    }

    /** Take over a file that was changed elsewhere (in the side panel): it can be undone, too. */
    replace(definition) {
        if (JSON.stringify(definition) === JSON.stringify(this.definition)) {
            return false;
        }
        return this._change(definition);
    }

    /** Take over the server's own writing of this very file: no entry to undo. */
    settle(definition) {
        this._set(definition);
    }

    // --- inside ---------------------------------------------------------------------------------

    _set(definition) {
        this.definition = definition;
        this.index = indexOf(definition);
        [...this.index.keys()].forEach((key) => this.known.add(key));
    }

    _change(definition) {
        this.undoStack.push(this.definition);
        if (this.undoStack.length > UNDO_LIMIT) {
            this.undoStack.shift();
        }
        this.redoStack = [];
        this.refusal = null;
        this._set(definition);
        return true;
    }

    _travel(from, to) {
        if (!from.length) {
            return false;
        }
        to.push(this.definition);
        this.refusal = null;
        this._set(from.pop());
        return true;
    }

    _refuse(sentence) {
        this.refusal = sentence;
        return false;
    }

    _insideItself(key) {
        return _t("“%(step)s” cannot be put into one of its own branches.", {
            step: this.title(key),
        });
    }

    _mayMove(keys, place) {
        const holder = keys.find((key) => this.isInside(place, key));
        return holder ? this._refuse(this._insideItself(holder)) : this.mayStand(place, keys);
    }

    /** Refuse a place behind a step that nothing can follow. */
    mayStand(place, moved = []) {
        const before = this.list(place)
            .slice(0, place.index)
            .filter((step) => !moved.includes(step.key));
        const last = before[before.length - 1];
        if (last && !this.mayFollow(last)) {
            return this._refuse(
                _t("Nothing can follow “%(step)s”: the way ends there.", {
                    step: this.title(last.key),
                })
            );
        }
        return true;
    }

    _newKey() {
        let key = randomKey();
        while (this.index.has(key)) {
            key = randomKey();
        }
        return key;
    }

    _keyOfCut(key) {
        return this.known.has(key) && !this.index.has(key) ? key : this._newKey();
    }

    _insert(place, steps, isOwn = false) {
        if (!steps?.length || !this.mayStand(place)) {
            return false;
        }
        const keyed = steps.map((step) => (step.key ? step : { ...step, key: this._newKey() }));
        const entries = copied(keyed, (key) => (isOwn ? this._keyOfCut(key) : this._newKey()));
        this._change(this._with(place, 0, entries));
        return entries.map((step) => step.key);
    }

    _emptied(step) {
        return Object.fromEntries(
            Object.entries(step.branches).map(([name, entry]) => [name, { ...entry, steps: [] }])
        );
    }

    /** Return the file with `count` steps from a place on replaced by others. */
    _with(place, count, left) {
        return withList(this.index, this.definition, place, (list) =>
            replaced(list, place.index, count, left)
        );
    }

    /** Take `count` steps away, leave others in their place, and put `steps` where `to` was. */
    _transfer(from, count, left, to, steps) {
        const without = this._with(from, count, left);
        const shift = samePlace(from, to) && to.index > from.index ? left.length - count : 0;
        const place = { ...to, index: to.index + shift };
        return this._change(
            withList(indexOf(without), without, place, (list) =>
                replaced(list, place.index, 0, steps)
            )
        );
    }
}
