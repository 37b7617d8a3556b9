import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { Deferred, advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    makeServerError,
    mountWithCleanup,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { user } from "@web/core/user";

import { DraftSaver } from "@mail_workflow_automation/flow_builder/draft_saver";
import { FlowBar } from "@mail_workflow_automation/flow_builder/flow_bar/flow_bar";
import { FlowNotice } from "@mail_workflow_automation/flow_builder/flow_notice/flow_notice";
import { FlowSession } from "@mail_workflow_automation/flow_builder/flow_session";

describe.current.tags("desktop");
defineMailModels();

const CONFLICT = "odoo.addons.mail_workflow_automation.exceptions.DraftConflictError";

/** A server that keeps one file, and can be out of reach. */
class FakeServer {
    constructor() {
        this.definition = { format: 1, name: "Cart", steps: [] };
        this.version = 1;
        this.isReachable = true;
        this.methods = [];
    }

    get flow() {
        const { definition, version } = this;
        const entry = { title: "", icon: "", summary: "", problems: [], triggers: [] };
        const flow = { id: 1, edit_id: 1, state: "draft", is_editable: true, cards: {} };
        return { ...flow, definition, version, entry, goal: null, kinds: {}, changes: null };
    }

    async call(model, method, [, definition, version]) {
        this.methods.push(method);
        await (method === "save_flow" && this.saving);
        if (!this.isReachable) {
            throw new ConnectionLostError("/web");
        }
        if (method === "save_flow" && this.error) {
            throw makeServerError(this.error);
        }
        if (method === "save_flow" && this.isAnswerLost) {
            this.definition = JSON.parse(JSON.stringify(definition));
            this.version += 1;
            throw new ConnectionLostError("/web");
        }
        if (method === "save_flow") {
            if (version !== this.version) {
                throw makeServerError({ errorName: CONFLICT, message: "Bea edited it at 9:00" });
            }
            this.definition = definition;
            this.version += 1;
        }
        return this.flow;
    }
}

let server;
beforeEach(() => {
    browser.localStorage.clear();
    server = new FakeServer();
});

async function open() {
    const session = new FlowSession(server, 1);
    await session.load();
    const saver = new DraftSaver(session);
    session.onFailure = (...failure) => saver.onFailure(...failure);
    saver.restore();
    await mountWithCleanup(FlowNotice, { props: { saver } });
    await animationFrame();
    return { session, saver };
}

async function rename(session, name) {
    session.model.replace({ ...session.model.definition, name });
    await session.save();
    await animationFrame();
}

test("without a connection edits are kept, said so, and saved when it is back", async () => {
    const { session, saver } = await open();
    expect(".o_mail_workflow_notice").toHaveCount(0);
    server.isReachable = false;
    await rename(session, "First");
    expect(".o_mail_workflow_notice[role=status]").toHaveCount(1);
    await rename(session, "Second");
    expect(session.model.definition.name).toBe("Second");
    server.isReachable = true;
    await advanceTime(5000);
    await animationFrame();
    expect(server.definition.name).toBe("Second");
    expect(".o_mail_workflow_notice").toHaveCount(0);
    expect(browser.localStorage.getItem(saver.place)).toBe(null);
});

test("what was not saved when the drawing was left is there again", async () => {
    const { session } = await open();
    server.isReachable = false;
    await rename(session, "Kept");
    server.isReachable = true;
    const again = await open();
    await animationFrame();
    expect(again.session.model.definition.name).toBe("Kept");
    expect(server.definition.name).toBe("Kept");
});

test("what somebody else edited is not overwritten, and nothing of mine is lost", async () => {
    const { session, saver } = await open();
    server.definition = { ...server.definition, name: "Bea's" };
    server.version += 1;
    await rename(session, "Mine");
    expect(".o_mail_workflow_notice[role=alert]").toHaveText(/Bea edited it at 9:00/);
    expect(server.definition.name).toBe("Bea's");
    expect(saver.mine.name).toBe("Mine");
    await contains("button[name=load_theirs]").click();
    expect(session.model.definition.name).toBe("Bea's");
    expect(".o_mail_workflow_notice").toHaveCount(0);
});

test("kept edits are those of one person only", async () => {
    const { session } = await open();
    server.isReachable = false;
    await rename(session, "Mine");
    server.isReachable = true;
    patchWithCleanup(user, { userId: user.userId + 1 });
    const other = await open();
    expect(other.session.model.definition.name).toBe("Cart");
});

test("kept edits that came too late are told, not applied", async () => {
    const { session } = await open();
    server.isReachable = false;
    await rename(session, "Mine");
    server.isReachable = true;
    server.version += 1;
    const again = await open();
    expect(".o_mail_workflow_notice[role=alert]").toHaveCount(1);
    expect(again.session.model.definition.name).toBe("Cart");
    expect(again.saver.mine.name).toBe("Mine");
});

test("edits outlive a session that is over", async () => {
    const { session, saver } = await open();
    server.error = { errorName: "odoo.http.SessionExpiredException", message: "Session expired" };
    await rename(session, "Mine");
    expect(".o_mail_workflow_notice[role=status]").toHaveText(/Session expired/);
    expect(session.model.definition.name).toBe("Mine");
    server.error = null;
    await contains("button[name=retry]").click();
    await animationFrame();
    expect(server.definition.name).toBe("Mine");
    expect(browser.localStorage.getItem(saver.place)).toBe(null);
});

test("an edit whose answer was lost is no conflict with oneself", async () => {
    const { session } = await open();
    server.isAnswerLost = true;
    await rename(session, "First");
    server.isAnswerLost = false;
    await rename(session, "Second");
    await animationFrame();
    expect(server.definition.name).toBe("Second");
    expect(".o_mail_workflow_notice").toHaveCount(0);
    expect(session.hasUnsaved).toBe(false);
});

test("edits in conflict are there until the person has chosen", async () => {
    const { session } = await open();
    server.isReachable = false;
    await rename(session, "Mine");
    server.isReachable = true;
    server.version += 1;
    const again = await open();
    await rename(again.session, "Another edit");
    expect(server.definition.name).toBe("Another edit");
    expect(again.saver.mine.name).toBe("Mine");
    expect(browser.localStorage.getItem(again.saver.place)).toInclude("Mine");
    again.saver.loadTheirs();
    await animationFrame();
    expect(browser.localStorage.getItem(again.saver.place)).toBe(null);
});

test("nothing is run without the edits that cannot be saved", async () => {
    const { session } = await open();
    await mountWithCleanup(FlowBar, { props: { session, tick: 0, flush: () => true } });
    server.version += 1;
    await rename(session, "Mine");
    await contains("button[name=start]").click();
    expect(server.methods).not.toInclude("action_open_start");
    expect(session.model.definition.name).toBe("Mine");
});

test("what is edited while the drawing is fetched again is kept", async () => {
    const { session } = await open();
    server.saving = new Deferred();
    const renamed = rename(session, "Mine");
    const fetched = session.load();
    server.saving.resolve();
    await Promise.all([renamed, fetched]);
    expect(server.definition.name).toBe("Mine");
    expect(session.model.definition.name).toBe("Mine");
    await rename(session, "Again");
    expect(server.definition.name).toBe("Again");
    expect(".o_mail_workflow_notice").toHaveCount(0);
});
