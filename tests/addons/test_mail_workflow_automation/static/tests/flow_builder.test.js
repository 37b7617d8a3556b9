import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, press, queryAllTexts, queryOne, test } from "@odoo/hoot";
import { Deferred, animationFrame, runAllTimers } from "@odoo/hoot-mock";
import {
    MockServer,
    contains,
    defineModels,
    fields,
    getService,
    makeServerError,
    models,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { WebClient } from "@web/webclient/webclient";

import "@mail_workflow_automation/flow_builder/flow_builder";

describe.current.tags("desktop");

class Workflow extends models.Model {
    _name = "mail.workflow";
    name = fields.Char();
    _records = [{ id: 1, name: "Abandoned cart" }];
    _views = { form: `<form js_class="mail_workflow_panel"><field name="name"/></form>` };
}

class Step extends models.Model {
    _name = "mail.workflow.step";
    name = fields.Char({ required: true });
    _records = [{ id: 10, name: "Remind" }];
    _views = { form: `<form js_class="mail_workflow_panel"><field name="name"/></form>` };
}

defineMailModels();
defineModels([Workflow, Step]);

const KINDS = {
    email: { label: "E-mail", category: "message", category_label: "Messages", entry: {} },
    wait: {
        label: "Wait",
        category: "flow",
        category_label: "Flow",
        shape: "pill",
        entry: { hours: 24 },
    },
    condition: {
        label: "Condition",
        category: "flow",
        category_label: "Flow",
        entry: { branches: { yes: { steps: [] }, no: { steps: [] } } },
    },
    coupon: {
        label: "Coupon",
        category: "records",
        category_label: "Records",
        entry: {},
        unavailable: "No programme is released for workflows.",
    },
};

/** What the server would say of a file. */
class FakeServer {
    constructor() {
        this.version = 1;
        this.saved = [];
        this.flow = {};
        this.figures = { cards: {}, branches: {}, entry: {} };
        this.definition = {
            format: 1,
            name: "Abandoned cart",
            steps: [
                { key: "remind", kind: "email" },
                { key: "asks", kind: "condition", branches: { yes: { steps: [] }, no: { steps: [] } } },
            ],
        };
    }

    cards(steps) {
        return steps.flatMap((step) => {
            const branches = Object.entries(step.branches || {});
            const { label } = KINDS[step.kind];
            const card = {
                key: step.key,
                kind: step.kind,
                step_id: step.key === "remind" ? 10 : false,
                title: step.name || (step.key === "remind" ? "Remind" : label),
                summary: `Summary of ${label}`,
                icon: "fa-cog",
                color: "#71639e",
                category: KINDS[step.kind].category,
                shape: KINDS[step.kind].shape || "card",
                problems: step.key === "remind" ? ["The mail has no text."] : [],
                branches: branches.map(([name]) => ({ name, label: name.toUpperCase(), tone: null })),
                open_end: true,
            };
            return [[step.key, card], ...branches.flatMap(([, { steps }]) => this.cards(steps))];
        });
    }

    get() {
        return {
            id: 1,
            edit_id: 1,
            name: "Abandoned cart",
            state: "draft",
            is_editable: true,
            version: this.version,
            revision: null,
            changes: null,
            removed: [],
            problems: [],
            entry: { title: "Cart abandoned", icon: "fa-play", summary: "24 h", problems: [] },
            kinds: Object.fromEntries(
                Object.entries(KINDS).map(([kind, entry]) => [
                    kind,
                    { icon: "fa-cog", ...entry, entry: { kind, ...entry.entry } },
                ])
            ),
            definition: this.definition,
            cards: Object.fromEntries(this.cards(this.definition.steps)),
            ...this.flow,
        };
    }

    save(definition, version) {
        expect(version).toBe(this.version);
        this.version += 1;
        this.definition = JSON.parse(JSON.stringify(definition));
        this.saved.push(this.definition);
        return this.get();
    }

    get outline() {
        const list = (steps) => steps.map((step) => one(step)).join(" ");
        const one = ({ kind, branches }) => {
            const lanes = Object.entries(branches || {}).map(
                ([name, { steps }]) => `${name}: ${list(steps)}`
            );
            return lanes.length ? `${kind}(${lanes.join("; ")})` : kind;
        };
        return list(this.definition.steps);
    }
}

let server;
beforeEach(() => {
    server = new FakeServer();
    browser.localStorage.removeItem("mail_workflow.clipboard");
    onRpc("mail.workflow", "get_flow", () => server.get());
    onRpc("mail.workflow", "save_flow", ({ args }) => server.save(args[1], args[2]));
    onRpc("mail.workflow", "get_flow_figures", () => server.figures);
});

async function openDrawing() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "mail_workflow_flow",
        params: { workflow_id: 1 },
    });
    await settle();
}

async function settle() {
    await animationFrame();
    await runAllTimers();
    await animationFrame();
}

const card = (key) => `.o_mail_workflow_card[data-item="card:${key}"]`;
const plus = (place) => `.o_mail_workflow_plus[data-plus="${place}"]`;

test("what the server says of each step is drawn, trouble in a sentence", async () => {
    await openDrawing();
    expect(queryAllTexts(".o_mail_workflow_card .o_title")).toEqual([
        "Cart abandoned",
        "Remind",
        "Condition",
    ]);
    expect(queryAllTexts(".o_mail_workflow_branch")).toEqual(["YES", "NO"]);
    expect(`${card("remind")} .o_problems`).toHaveText("The mail has no text.");
    expect(".o_mail_workflow_plus").toHaveCount(5);
});

test("a step is searched, added where the plus is, and saved; undo takes it back", async () => {
    await openDrawing();
    await contains(plus("asks/no/0")).click();
    await contains(".o_mail_workflow_palette input").edit("wai", { confirm: false });
    expect(queryAllTexts(".o_mail_workflow_palette .o_label")).toEqual(["Wait"]);
    await press("Enter");
    await settle();
    expect(server.outline).toBe("email condition(yes: ; no: wait)");
    await contains(".o_mail_workflow_tools [aria-label=Undo]").click();
    await settle();
    expect(server.outline).toBe("email condition(yes: ; no: )");
    await contains(".o_mail_workflow_tools [aria-label=Redo]").click();
    await settle();
    expect(server.outline).toBe("email condition(yes: ; no: wait)");
});

test("a kind that is not available says why and is not added", async () => {
    await openDrawing();
    await contains(plus("/then/0")).click();
    expect(".o_mail_workflow_palette .o_unavailable").toHaveText(/No programme is released/);
    await contains(".o_mail_workflow_palette .o_unavailable").click();
    await settle();
    expect(server.saved).toEqual([]);
});

test("a card is dragged to a plus", async () => {
    await openDrawing();
    await contains(card("remind")).dragAndDrop(plus("asks/yes/0"));
    await settle();
    expect(server.outline).toBe("condition(yes: email; no: )");
});

test("a step that is dropped into its own branch is refused with a sentence", async () => {
    await openDrawing();
    await contains(card("asks")).dragAndDrop(plus("asks/yes/0"));
    await animationFrame();
    expect(".o_notification").toHaveText(/cannot be put into one of its own branches/);
    await settle();
    expect(server.saved).toEqual([]);
});

test("the whole drawing is built by keyboard", async () => {
    await openDrawing();
    queryOne(card("")).focus();
    await press("ArrowDown");
    await animationFrame();
    expect(card("remind")).toBeFocused();
    await press(["ctrl", "c"]);
    await press("ArrowDown");
    await animationFrame();
    expect(card("asks")).toBeFocused();
    await press("ArrowDown");
    await animationFrame();
    await press("ArrowRight");
    await animationFrame();
    expect('.o_mail_workflow_branch[data-item="label:asks/no"]').toBeFocused();
    await press(["ctrl", "v"]);
    await settle();
    expect(server.outline).toBe("email condition(yes: ; no: email)");
    await press(["ctrl", "z"]);
    await settle();
    expect(server.outline).toBe("email condition(yes: ; no: )");
    queryOne(card("remind")).focus();
    await press("Insert");
    await animationFrame();
    expect(".o_mail_workflow_palette input").toBeFocused();
    await press("ArrowDown");
    await press("Enter");
    await settle();
    expect(server.outline).toBe("email wait condition(yes: ; no: )");
    queryOne(card("remind")).focus();
    await press("Delete");
    await settle();
    expect(server.outline).toBe("wait condition(yes: ; no: )");
});

test("keys on the tools of the drawing are not for the card", async () => {
    await openDrawing();
    queryOne(card("remind")).focus();
    queryOne(".o_mail_workflow_tools [aria-label='Zoom in']").focus();
    await press("Delete");
    await settle();
    expect(server.saved).toEqual([]);
});

test("removing a step asks what happens to the steps in its branches", async () => {
    server.definition.steps[1].branches.no.steps = [{ key: "w", kind: "wait" }];
    await openDrawing();
    queryOne(card("asks")).focus();
    await press("Delete");
    await animationFrame();
    expect(".modal").toHaveText(/Those of “NO” take its place/);
    await contains(".modal input[value=no]").click();
    await contains(".modal .btn-primary").click();
    await settle();
    expect(server.outline).toBe("email wait");
});

test("a step is renamed on its card", async () => {
    await openDrawing();
    queryOne(card("remind")).focus();
    await press("F2");
    await animationFrame();
    await contains(`${card("remind")} input`).edit("First reminder", { confirm: "Enter" });
    await settle();
    expect(server.definition.steps[0].name).toBe("First reminder");
    expect(`${card("remind")} .o_title`).toHaveText("First reminder");
});

test("Escape leaves a step the name it had", async () => {
    await openDrawing();
    queryOne(card("remind")).focus();
    await press("F2");
    await animationFrame();
    await contains(`${card("remind")} input`).edit("Something else", { confirm: false });
    await press("Escape");
    await settle();
    expect(server.saved).toEqual([]);
    expect(`${card("remind")} .o_title`).toHaveText("Remind");
});

test("the panel shows the form of a step, saves it, and closes with Escape", async () => {
    onRpc("mail.workflow.step", "web_save", ({ args }) => {
        expect.step(args[1].name);
        server.definition.steps[0].name = args[1].name;
    });
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    expect(".o_mail_workflow_panel h2").toHaveText("Remind");
    await contains(".o_mail_workflow_panel [name=name] input").edit("Second reminder");
    await settle();
    expect.verifySteps(["Second reminder"]);
    expect(`${card("remind")} .o_title`).toHaveText("Second reminder");
    await press("Escape");
    await settle();
    expect(".o_mail_workflow_panel").toHaveCount(0);
    expect(card("remind")).toBeFocused();
});

test("a card is removed while the panel saves: both are kept, nobody is in conflict", async () => {
    const written = new Deferred();
    onRpc("mail.workflow.step", "web_save", async ({ args }) => {
        server.version += 1;
        server.definition = JSON.parse(JSON.stringify(server.definition));
        server.definition.steps[0].name = args[1].name;
        await written;
    });
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    await contains(".o_mail_workflow_panel [name=name] input").edit("Second reminder");
    await settle();
    queryOne(card("asks")).focus();
    await press("Delete");
    await settle();
    expect(server.saved).toEqual([]);
    written.resolve();
    await settle();
    expect(server.definition.steps).toEqual([
        { key: "remind", kind: "email", name: "Second reminder" },
    ]);
    expect(".o_mail_workflow_notice").toHaveCount(0);
});

test("the panel shows what Undo made of its step", async () => {
    onRpc("mail.workflow.step", "web_save", ({ args, parent }) => {
        server.version += 1;
        server.definition = JSON.parse(JSON.stringify(server.definition));
        server.definition.steps[0].name = args[1].name;
        return parent();
    });
    onRpc("mail.workflow", "save_flow", ({ args }) => {
        const { name } = args[1].steps[0];
        MockServer.env["mail.workflow.step"].write([10], { name: name || "Remind" });
    });
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    await contains(".o_mail_workflow_panel [name=name] input").edit("Second reminder");
    await settle();
    await contains(".o_mail_workflow_tools [aria-label=Undo]").click();
    await settle();
    expect(".o_mail_workflow_panel [name=name] input").toHaveValue("Remind");
});

test("what the server refuses is taken back, and it is said why", async () => {
    await openDrawing();
    onRpc("mail.workflow", "save_flow", () => {
        throw makeServerError({ message: "steps[0]: not like that" });
    });
    queryOne(card("remind")).focus();
    await press("Delete");
    await settle();
    expect(queryAllTexts(".o_mail_workflow_card .o_title")).toInclude("Remind");
    expect(".o_notification").toHaveText(/steps\[0\]: not like that/);
});

test("without the right to edit nothing can be added or moved", async () => {
    server.flow = { is_editable: false };
    await openDrawing();
    expect(".o_mail_workflow_plus").toHaveCount(0);
    queryOne(card("remind")).focus();
    await press("Delete");
    await settle();
    expect(server.saved).toEqual([]);
});

test("changes are discarded as they were seen, not those of somebody else", async () => {
    server.flow = { state: "running", changes: { count: 1 } };
    onRpc("mail.workflow", "discard_draft", ({ args }) => {
        expect.step(`discard version ${args[1]}`);
        server.flow = { state: "running", changes: null };
        return server.get();
    });
    await openDrawing();
    await contains("button[name=more]").click();
    await contains(".dropdown-item[name=discard]").click();
    await contains(".modal .btn-primary").click();
    await settle();
    expect.verifySteps(["discard version 1"]);
    expect("button[name=publish]").toHaveCount(0);
});

test("figures stand on the cards and branches of a started workflow", async () => {
    server.flow = {
        state: "running",
        revision: { number: 3, date: "today" },
        changes: { count: 2 },
        removed: [{ key: "old", title: "Old mail" }],
    };
    server.figures = {
        cards: {
            remind: { waiting: 0, done: 9, sent: 8, delivered: 8, opened: 4, clicked: 1 },
            asks: { waiting: 1, done: 2, skipped: 0, held: 0, failed: 3 },
        },
        branches: { asks: { yes: { count: 2, share: 0.25 }, no: { count: 6, share: 0.75 } } },
        entry: { entered: 1284, active: 412, goal: 187 },
    };
    onRpc("mail.workflow", "action_open_people", ({ args }) => {
        expect.step(args.slice(1).join(" "));
        return { type: "ir.actions.act_window_close" };
    });
    await openDrawing();
    expect(`${card("")} .o_mail_workflow_figures`).toHaveText("1,284 in 412 now 187 goal", {
        inline: true,
    });
    expect(`${card("remind")} .o_mail_workflow_figures`).toHaveText(
        "8 sent 50 % open 13 % click",
        { inline: true }
    );
    expect(`${card("asks")} .o_mail_workflow_figures`).toHaveText(
        "1 here 2 done 3 failed",
        { inline: true }
    );
    expect(queryAllTexts(".o_mail_workflow_branch")).toEqual(["YES · 25 %", "NO · 75 %"]);
    expect(".o_mail_workflow_state").toHaveText("Running · revision 3");
    expect(".o_mail_workflow_unpublished").toHaveText("2 changes not published");
    expect(".o_mail_workflow_notes .o_removed").toHaveText(/Old mail/);
    await contains(`${card("remind")} .o_figure_clicked`).click();
    expect.verifySteps(["remind clicked 30"]);
});
