import { describe, expect, press, queryAllTexts, queryOne, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, getService, makeServerError, onRpc } from "@web/../tests/web_test_helpers";
import { card, openDrawing, plus, server, settle, setUpServer } from "./drawing_helpers";

describe.current.tags("desktop");
setUpServer();

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

test("the name of the workflow stands beside all that can stand above the drawing", async () => {
    server.flow = { state: "running", revision: { number: 12 }, changes: { count: 12 } };
    await openDrawing();
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "mail_workflow_flow",
        params: { workflow_id: 1 },
    });
    await settle();
    const name = queryOne(".o_last_breadcrumb_item span");
    expect(name).toHaveText("Abandoned cart");
    expect(name.clientWidth).toBeGreaterThan(60);
    expect(name.scrollWidth).toBe(name.clientWidth);
});
