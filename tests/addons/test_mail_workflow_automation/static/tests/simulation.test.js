import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { Deferred, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    getService,
    models,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

import "@mail_workflow_automation/simulation/simulation";

describe.current.tags("desktop");

class Workflow extends models.Model {
    _name = "mail.workflow";
    name = fields.Char();
}

defineMailModels();
defineModels([Workflow]);

const WHO = ".o_mail_workflow_simulation_who";
const END = ".o_mail_workflow_simulation_end";
const WORKFLOW = {
    id: 1,
    name: "Abandoned cart",
    model_name: "res.partner",
    model_id: [3, "Contact"],
    draft_ids: [],
};
const RESULT = {
    entry: { enters: true, why: "" },
    notes: [],
    lines: [],
    end: { state: "done", reason: "At the end", at: false },
};

test("an answer about somebody else who was chosen before is not shown", async () => {
    const first = new Deferred();
    const answers = [first, RESULT];
    onRpc("mail.workflow", "read", () => [WORKFLOW]);
    onRpc("res.lang", "get_installed", () => [["en_US", "English"]]);
    onRpc("mail.workflow", "simulate", () => answers.shift());
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "mail_workflow_simulation",
        params: { workflow_id: 1 },
    });
    await contains(`${WHO} input[value=invented]`).click();
    await contains(`${WHO} button[type=submit]`).click();
    await contains(`${WHO} input[value=record]`).click();
    first.resolve(RESULT);
    await animationFrame();
    await animationFrame();
    expect(END).toHaveCount(0);
    await contains(`${WHO} input[value=invented]`).click();
    await contains(`${WHO} button[type=submit]`).click();
    expect(END).toHaveText(/At the end/);
});
