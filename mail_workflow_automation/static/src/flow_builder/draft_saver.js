import { markRaw, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { user } from "@web/core/user";
import { session as webSession } from "@web/session";
import { sameFile } from "./flow_tree";

const RETRY_MILLISECONDS = 5000;

/** Tell whether somebody else edited the workflow since it was loaded. */
export function isConflict(error) {
    return Boolean(error.exceptionName?.endsWith(".DraftConflictError"));
}

const REFUSALS = ["UserError", "ValidationError", "AccessError", "DefinitionError"];

/** Tell whether the server said no to what the file says: it will not say yes another time. */
export function isRefusal(error) {
    return REFUSALS.includes(error.exceptionName?.split(".").pop());
}

/**
 * Sees to it that no edit is lost. What the server has not got is kept in this browser, and saved
 * as soon as the connection is back. What cannot be saved, because somebody else edited meanwhile,
 * is kept until the person has chosen: as a file, or let go.
 */
export class DraftSaver {
    constructor(flowSession) {
        this.session = flowSession;
        /** `problem`: null, "offline" or "conflict"; `words`: what the server said. */
        this.state = reactive({ problem: null, words: "" });
        this.mine = null;
        /** Files that were sent and not answered: they may have been saved all the same. */
        this._unanswered = new Set();
        this._timer = null;
        flowSession.onSaved = () => this.onSaved();
    }

    get place() {
        const whose = `${webSession.db}.${user.userId}.${this.session.workflowId}`;
        return `mail_workflow.unsaved.${whose}`;
    }

    /** Go on with what was not saved when the drawing was left; tell whether there was something. */
    restore() {
        const kept = this._kept();
        if (!kept) {
            return false;
        }
        if (sameFile(kept.definition, this.session.flow.definition)) {
            this._forget(); // it was saved, only the answer did not come
            return false;
        }
        if (kept.version !== this.session.flow.version) {
            this.mine = kept.definition;
            this._tell("conflict");
            return true;
        }
        this.session.model.replace(kept.definition);
        this.session.tick += 1;
        this.session.save();
        return true;
    }

    /** Deal with an error of saving a file; tell whether it was one for here. */
    onFailure(error, definition) {
        if (error instanceof ConnectionLostError) {
            this._unanswered.add(definition);
            this._keepOffline();
            browser.clearTimeout(this._timer);
            this._timer = browser.setTimeout(() => this.retry(), RETRY_MILLISECONDS);
            return true;
        }
        if (isConflict(error)) {
            this._settleConflict(error);
            return true;
        }
        if (isRefusal(error)) {
            return false;
        }
        this._keepOffline(error.data?.message || error.message);
        return true;
    }

    /** Nothing is open any more, but for edits in conflict: those wait for the person's choice. */
    onSaved() {
        if (this.state.problem !== "conflict") {
            this._letGo();
        }
    }

    retry() {
        browser.clearTimeout(this._timer);
        return this.session.save();
    }

    /** Let go of what could not be saved, and show what the other one made of it. */
    async loadTheirs() {
        await this.session.load();
        this._letGo();
    }

    stop() {
        browser.clearTimeout(this._timer);
    }

    /** What was edited since it was loaded may be one's own, saved without an answer. */
    async _settleConflict(error) {
        const sent = [...this._unanswered];
        if (sent.length) {
            const isOurs = (definition) => sent.some((one) => sameFile(one, definition));
            try {
                if (await this.session.adopt(isOurs)) {
                    this._unanswered.clear();
                    await this.session.save();
                    return;
                }
            } catch (failure) {
                this.onFailure(failure, sent[0]);
                return;
            }
        }
        this.mine = markRaw(this.session.model.definition);
        this._keep();
        this._tell("conflict", error.data?.message);
    }

    _keepOffline(words) {
        if (this.state.problem !== "conflict") {
            this._keep();
            this._tell("offline", words);
        }
    }

    _letGo() {
        this.mine = null;
        this._unanswered.clear();
        this._forget();
        this._tell(null);
    }

    _tell(problem, words = "") {
        Object.assign(this.state, { problem, words });
    }

    _keep() {
        const { model, flow } = this.session;
        const kept = { definition: model.definition, version: flow.version };
        try {
            browser.localStorage.setItem(this.place, JSON.stringify(kept));
        } catch {
            // the browser has no room for it: it stays in memory as long as the drawing is open
        }
    }

    _kept() {
        try {
            return JSON.parse(browser.localStorage.getItem(this.place) || "null");
        } catch {
            return null;
        }
    }

    _forget() {
        browser.localStorage.removeItem(this.place);
    }
}
