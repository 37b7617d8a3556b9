import { markRaw } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { KeepLast, Mutex } from "@web/core/utils/concurrency";
import { FlowModel } from "./flow_model";
import { isOpen, keysOf, sameFile, withEntryOf } from "./flow_tree";

const MODEL = "mail.workflow";

/**
 * One workflow while its drawing is open: what the server says of it, the file that is edited, and
 * what of it is not saved yet. Every change is saved by itself, one call after the other.
 */
export class FlowSession {
    constructor(orm, workflowId) {
        this.orm = markRaw(orm);
        this.workflowId = workflowId;
        this.flow = null;
        this.model = null;
        this.figures = null;
        this.period = "30";
        this.tick = 0;
        /** How often the drawing changed what a step itself says: `{key: count}`. */
        this.redrawn = {};
        this.isSaving = false;
        this.failure = null;
        this.onFailure = () => {};
        this.onSaved = () => {};
        this._saved = null;
        this._entry = null;
        this._mutex = markRaw(new Mutex());
        this._lastFigures = markRaw(new KeepLast());
    }

    // --- reading --------------------------------------------------------------------------------

    /** Show what the server has, once what is being saved is saved. */
    async load() {
        await this._mutex.exec(async () => this._take(await this.call("get_flow")));
        this.loadFigures();
    }

    /** What the drawing shows of a step; one that the server has not seen yet is drawn by its kind. */
    card(key) {
        if (key === null) {
            return this._entry;
        }
        const card = this.flow.cards[key];
        const step = this.model.step(key);
        if (card && (!step || step.kind === card.kind)) {
            return step?.name && step.name !== card.title ? { ...card, title: step.name } : card;
        }
        return this._provisional(key, step);
    }

    branches(step) {
        const named = (this.card(step.key).branches || []).map((branch) => branch.name);
        const used = Object.keys(step.branches || {}).filter((name) => !named.includes(name));
        return [...named, ...used];
    }

    branch(step, name) {
        const known = (this.card(step.key).branches || []).find((branch) => branch.name === name);
        return known || { name, label: name, tone: null };
    }

    mayFollow(step) {
        return isOpen(step, {
            branches: (one) => this.branches(one),
            mayFollow: (one) => this.card(one.key).open_end !== false,
        });
    }

    get hasUnsaved() {
        return Boolean(this.model) && this.model.definition !== this._saved;
    }

    // --- changing -------------------------------------------------------------------------------

    /** Carry out a command of the model; what it changed is saved. */
    do(command, ...args) {
        const result = this.model[command](...args);
        if (result !== false) {
            this.tick += 1;
            this.save();
        }
        return result;
    }

    /** Save what is not saved yet, several changes in a row by one call; tell whether all is. */
    save() {
        return this._mutex.exec(() => this._save());
    }

    /** Take what cannot be saved back, up to what was saved last. */
    revert() {
        this.model.settle(this._saved);
        this.failure = null;
        this.tick += 1;
    }

    /** Fetch the drawing again after the rows were changed elsewhere; that can be undone, too. */
    refresh(key) {
        return this._mutex.exec(() => this._refresh(key));
    }

    /**
     * Let a form save the row of a step (null: of who comes in) and fetch the drawing again; no
     * other save comes in between.
     *
     * @param {string|null} key
     * @param {() => Promise<boolean>} saveRow tells whether it wrote something
     */
    saveRow(key, saveRow) {
        return this._mutex.exec(async () => {
            await this._save();
            if (await saveRow()) {
                await this._refresh(key);
            }
        });
    }

    /** Take the version of the server's file, where it was sent from here; tell whether it was. */
    adopt(isOurs) {
        return this._mutex.exec(async () => {
            const flow = await this.call("get_flow");
            const isFound = isOurs(flow.definition);
            if (isFound) {
                this._take(flow, flow.definition);
                this._saved = markRaw(flow.definition);
            }
            return isFound;
        });
    }

    async begin() {
        if (!(await this.save())) {
            return;
        }
        this._take(await this.call("begin_draft"), this.model.definition);
    }

    /** Throw away what is not published, unless somebody else edited it meanwhile. */
    discard() {
        return this._mutex.exec(async () => {
            if (await this._save()) {
                this._take(await this.call("discard_draft", this.flow.version));
            }
        });
    }

    async loadFigures(period = this.period) {
        this.period = period;
        if (this.flow.state === "draft") {
            this.figures = null;
            return;
        }
        const figures = await this._lastFigures.add(this.call("get_flow_figures", period));
        this.figures = markRaw(figures);
    }

    /** Call a method of the workflow. */
    call(method, ...args) {
        return this.orm.call(MODEL, method, [[this.workflowId], ...args]);
    }

    // --- inside ---------------------------------------------------------------------------------

    /** Take over what a form saved, below what was drawn meanwhile. */
    async _refresh(key) {
        const flow = await this.call("get_flow");
        if (!this.hasUnsaved) {
            this.model.replace(flow.definition);
            this._take(flow, this.model.definition);
        } else if (
            key !== undefined &&
            sameFile(withEntryOf(this._saved, flow.definition, key), flow.definition)
        ) {
            this.model.replace(withEntryOf(this.model.definition, flow.definition, key));
            this._take(flow, flow.definition);
            this._saved = markRaw(flow.definition);
        }
    }

    _noteRedrawn(before, after) {
        for (const key of [null, ...keysOf(after.steps)]) {
            if (!sameFile(withEntryOf(before, after, key), before)) {
                this.redrawn[key] = (this.redrawn[key] || 0) + 1;
            }
        }
    }

    async _save() {
        while (this.hasUnsaved) {
            const { definition } = this.model;
            this.isSaving = true;
            try {
                const flow = await this.call("save_flow", definition, this.flow.version);
                this.failure = null;
                this._noteRedrawn(this._saved, flow.definition);
                this._take(flow, definition);
                this.onSaved();
            } catch (error) {
                this.failure = markRaw(error);
                this.onFailure(error, definition);
                return false;
            } finally {
                this.isSaving = false;
            }
        }
        return true;
    }

    /** Take the server's answer over, and its writing of the file unless it was changed meanwhile. */
    _take(flow, sent = null) {
        const isCurrent = !this.model || this.model.definition === sent;
        this.flow = markRaw(flow);
        this._entry = markRaw(this._entryCard(flow));
        if (!this.model || sent === null) {
            this.model = markRaw(this._newModel(flow.definition));
        } else if (isCurrent) {
            this.model.settle(flow.definition);
        }
        if (isCurrent || sent === null) {
            this._saved = markRaw(flow.definition);
        }
        this.tick += 1;
    }

    /** Return the card of who comes in: by which ways, of whom, and what for. */
    _entryCard({ entry, goal }) {
        const triggers = entry.triggers || [];
        const ways = triggers.length === 1 ? [triggers[0].summary] : triggers.map((one) => one.title);
        return {
            key: null,
            shape: "entry",
            color: "#0d9488",
            ...entry,
            title: entry.title || _t("Nobody comes in yet"),
            summary: [...ways, entry.summary].filter(Boolean).join(" · "),
            goal: goal && _t("Goal: %(event)s", { event: goal.summary }),
        };
    }

    _newModel(definition) {
        return new FlowModel(definition, {
            title: (key) => this.card(key).title,
            mayFollow: (step) => this.mayFollow(step),
            branches: (step) => this.branches(step),
        });
    }

    _provisional(key, step = {}) {
        const kind = this.flow.kinds[step.kind];
        const branches = Object.keys(step.branches || {});
        return {
            key,
            kind: step.kind,
            title: step.name || kind?.label || step.kind || _t("Unknown step"),
            summary: kind?.help || "",
            icon: kind?.icon || "fa-question",
            color: kind?.color || "#64748b",
            category: kind?.category,
            shape: kind?.shape || "card",
            problems: [],
            branches: branches.map((name) => ({ name, label: name, tone: null })),
            open_end: true,
            missing: !kind,
        };
    }
}
