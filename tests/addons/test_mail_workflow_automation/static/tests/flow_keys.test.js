import { describe, expect, press, queryOne, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { contains } from "@web/../tests/web_test_helpers";
import { card, goToDrawing, openDrawing, server, settle, setUpServer } from "./drawing_helpers";

describe.current.tags("desktop");
setUpServer();

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

test("Enter goes into the panel, Escape back to the card", async () => {
    await openDrawing();
    expect(card("")).toBeFocused();
    await press("ArrowDown");
    await press("Enter");
    await settle();
    expect(".o_mail_workflow_panel").toBeFocused();
    await press("Escape");
    await settle();
    expect(card("remind")).toBeFocused();
});

test("who picks no step is back on the card", async () => {
    await openDrawing();
    queryOne(card("remind")).focus();
    await press("Insert");
    await animationFrame();
    expect(".o_mail_workflow_palette input").toBeFocused();
    await press("Escape");
    await settle();
    expect(card("remind")).toBeFocused();
});

test("the figures of a card are reached from it", async () => {
    server.flow = { state: "running" };
    server.figures.cards.remind = { waiting: 0, done: 9, sent: 8, delivered: 8, opened: 4 };
    await openDrawing();
    queryOne(card("remind")).focus();
    await animationFrame();
    await press("Tab");
    expect(`${card("remind")} .o_figure_sent`).toBeFocused();
});

test("where undo takes the step away, the keyboard stays on the drawing", async () => {
    await openDrawing();
    queryOne(card("remind")).focus();
    await press(["ctrl", "d"]);
    await settle();
    expect(server.outline).toBe("email email condition(yes: ; no: )");
    await press(["ctrl", "z"]);
    await settle();
    expect(server.outline).toBe("email condition(yes: ; no: )");
    expect(".o_mail_workflow_canvas [data-item]:focus").toHaveCount(1);
    await press(["ctrl", "y"]);
    await settle();
    expect(server.outline).toBe("email email condition(yes: ; no: )");
});

test("a step of another workflow does not come in as one that was removed here", async () => {
    await openDrawing();
    await goToDrawing(2);
    queryOne(card("remind")).focus();
    await press(["ctrl", "c"]);
    await goToDrawing(1);
    queryOne(card("remind")).focus();
    await press("Delete");
    await settle();
    await press(["ctrl", "v"]);
    await settle();
    expect(server.outline).toBe("email condition(yes: ; no: )");
    expect(server.definition.steps[0].key).not.toBe("remind");
});
