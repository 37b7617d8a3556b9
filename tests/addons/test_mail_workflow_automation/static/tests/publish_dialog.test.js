import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, queryAllTexts, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, getService, makeServerError, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";

import { PublishDialog } from "@mail_workflow_automation/flow_builder/publish_dialog/publish_dialog";

describe.current.tags("desktop");
defineMailModels();

const CONFLICT = "odoo.addons.mail_workflow_automation.exceptions.DraftConflictError";
const ITEMS = [
    {
        key: "day",
        title: "Wait a day",
        change: "changed",
        what: ["1 days → 3 days"],
        people: 4,
        choices: [
            { value: "keep", label: "They keep the date they have" },
            { value: "apply", label: "They get the new date" },
        ],
        default: "keep",
    },
    {
        key: "call",
        title: "Call",
        change: "removed",
        what: [],
        people: 1,
        choices: [
            { value: "go_on", label: "They go on with the next step" },
            { value: "leave", label: "They leave the workflow" },
        ],
        default: "go_on",
    },
    { key: "new", title: "Thank you", change: "added", what: [], people: 0, choices: null },
];

class FakeSession {
    constructor(publish = () => ({ revision: { number: 2 } })) {
        this.calls = [];
        this.version = 7;
        this.answers = { get_changes: () => ({ version: this.version, items: ITEMS }) };
        this.answers.publish_draft = publish;
    }

    async save() {
        this.calls.push("save");
        return !this.isStuck;
    }

    async load() {
        this.calls.push("load");
    }

    async call(method, ...args) {
        this.calls.push([method, ...args]);
        return this.answers[method](...args);
    }
}

async function open(session) {
    await mountWithCleanup(MainComponentsContainer);
    getService("dialog").add(PublishDialog, { session });
    await animationFrame();
}

test("it says what changes and whom it touches, and publishes what was chosen", async () => {
    const session = new FakeSession();
    await open(session);
    expect(".modal-title").toHaveText("Publish 3 changes");
    expect(".o_mail_workflow_publish > p").toHaveText(/^5 people stand/);
    expect(queryAllTexts(".o_change_badge")).toEqual(["Changed", "Removed", "New"]);
    expect(queryAllTexts("legend")).toEqual(["4 people stand here", "1 person stands here"]);
    expect("input[value=keep]").toBeChecked();
    await contains("input[value=apply]").click();
    await contains("input[value=leave]").click();
    await contains("button[name=publish]").click();
    expect(session.calls).toEqual([
        "save",
        ["get_changes"],
        ["publish_draft", { day: "apply", call: "leave" }, 7],
        "load",
    ]);
    expect(".modal").toHaveCount(0);
    expect(".o_notification").toHaveText("Revision 2 is published.");
});

test("problems are said in the dialog, which stays", async () => {
    const session = new FakeSession(() => {
        throw makeServerError({ message: "Step “Call”: choose whom" });
    });
    await open(session);
    await contains("button[name=publish]").click();
    expect(".alert-danger").toHaveText("Step “Call”: choose whom");
    expect("button[name=publish]").toBeEnabled();
});

test("what somebody else edited meanwhile is shown before it is published", async () => {
    let count = 0;
    const session = new FakeSession((choices, version) => {
        if (!count++) {
            session.version = 9;
            throw makeServerError({ errorName: CONFLICT, message: "Bea edited it" });
        }
        expect.step(`published ${version} ${choices.day}`);
        return { revision: { number: 3 } };
    });
    await open(session);
    await contains("input[value=apply]").click();
    await contains("button[name=publish]").click();
    expect(".alert-danger").toHaveText("Bea edited it");
    await contains("button[name=publish]").click();
    expect.verifySteps(["published 9 apply"]);
});

test("what cannot be saved is not left out: nothing is published", async () => {
    const session = new FakeSession();
    session.isStuck = true;
    await open(session);
    expect(session.calls).toEqual(["save"]);
    expect(".modal").toHaveCount(0);
});
