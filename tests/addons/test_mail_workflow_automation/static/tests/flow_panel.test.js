import { describe, expect, press, queryOne, test } from "@odoo/hoot";
import { Deferred } from "@odoo/hoot-mock";
import { Component, xml } from "@odoo/owl";
import { MockServer, contains, onRpc } from "@web/../tests/web_test_helpers";
import { registry } from "@web/core/registry";
import { card, openDrawing, plus, server, settle, setUpServer } from "./drawing_helpers";

describe.current.tags("desktop");
setUpServer();

const NAME = ".o_mail_workflow_panel [name=name] input";

/** Let the server write what the panel saves of the first step. */
function writeNames() {
    onRpc("mail.workflow.step", "web_save", ({ args, parent }) => {
        expect.step(`saved ${args[1].name}`);
        server.version += 1;
        server.definition = JSON.parse(JSON.stringify(server.definition));
        server.definition.steps[0].name = args[1].name;
        return parent();
    });
}

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

test("what is typed is saved when Escape closes the panel", async () => {
    onRpc("mail.workflow.step", "web_save", ({ args }) => {
        expect.step(args[1].name);
    });
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    const field = ".o_mail_workflow_panel [name=name] input";
    await contains(field).edit("Second reminder", { confirm: false });
    await press("Escape");
    await settle();
    expect.verifySteps(["Second reminder"]);
    expect(".o_mail_workflow_panel").toHaveCount(0);
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

test("undo takes back what was typed last, also where it is not saved yet", async () => {
    writeNames();
    await openDrawing();
    queryOne(card("asks")).focus();
    await press("Delete");
    await settle();
    await contains(card("remind")).click();
    await settle();
    await contains(NAME).edit("Second reminder");
    await contains(".o_mail_workflow_tools [aria-label=Undo]").click();
    await settle();
    expect.verifySteps(["saved Second reminder"]);
    expect(server.definition.steps).toEqual([{ key: "remind", kind: "email" }]);
});

test("a copy says what was typed last", async () => {
    writeNames();
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    await contains(NAME).edit("Second reminder");
    await contains(".o_mail_workflow_panel [aria-label=Duplicate]").click();
    await settle();
    expect.verifySteps(["saved Second reminder"]);
    expect(server.definition.steps[1].name).toBe("Second reminder");
});

test("what is typed is among what is published", async () => {
    server.flow = { state: "running", edit_id: 2, changes: { count: 1 } };
    writeNames();
    onRpc("mail.workflow", "get_changes", () => {
        expect.step("asked what changes");
        return { version: server.version, items: [] };
    });
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    await contains(NAME).edit("Second reminder");
    await contains("button[name=publish]").click();
    await settle();
    expect.verifySteps(["saved Second reminder", "asked what changes"]);
    expect(".modal .o_mail_workflow_publish").toHaveCount(1);
});

test("Escape lets go of a card that is carried, and leaves the panel open", async () => {
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    const { moveTo, drop } = await contains(card("asks")).drag();
    await moveTo(plus("/then/0"));
    expect(".o_mail_workflow_canvas.o_carrying").toHaveCount(1);
    await press("Escape");
    await drop();
    await settle();
    expect(server.saved).toEqual([]);
    expect(".o_mail_workflow_panel").toHaveCount(1);
});

test("the panel of a step goes when its changes are discarded", async () => {
    server.flow = { state: "running", edit_id: 2, changes: { count: 1 } };
    onRpc("mail.workflow", "discard_draft", () => {
        const { definition } = server;
        server.definition = { ...definition, steps: definition.steps.slice(1) };
        server.flow = { state: "running", changes: null };
        return server.get();
    });
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    expect(".o_mail_workflow_panel h2").toHaveText("Remind");
    await contains("button[name=more]").click();
    await contains(".dropdown-item[name=discard]").click();
    await contains(".modal .btn-primary").click();
    await settle();
    expect(".o_mail_workflow_panel").toHaveCount(0);
});

test("a button of the panel's form may lead away from the drawing", async () => {
    class Designer extends Component {
        static template = xml`<div class="designer"/>`;
        static props = ["*"];
    }
    registry.category("actions").add("designer_of_a_test", Designer);
    onRpc("mail.workflow.step", "action_open_designer", () => ({
        type: "ir.actions.client",
        tag: "designer_of_a_test",
    }));
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    await contains(".o_mail_workflow_panel [name=action_open_designer]").click();
    await settle();
    expect(".designer").toHaveCount(1);
});

test("the panel of another step begins at its top", async () => {
    await openDrawing();
    await contains(card("remind")).click();
    await settle();
    const body = queryOne(".o_panel_body");
    body.style.cssText = "flex: none; height: 20px";
    body.scrollTop = 15;
    expect(body.scrollTop).toBe(15);
    await contains(card("asks")).click();
    await settle();
    expect(queryOne(".o_panel_body").scrollTop).toBe(0);
});
