/** A drawing without a server: what the tests of its parts share. */
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect } from "@odoo/hoot";
import { animationFrame, runAllTimers } from "@odoo/hoot-mock";
import {
    defineModels,
    fields,
    getService,
    models,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { WebClient } from "@web/webclient/webclient";

import "@mail_workflow_automation/flow_builder/flow_builder";

class Workflow extends models.Model {
    _name = "mail.workflow";
    name = fields.Char();
    _records = [
        { id: 1, name: "Abandoned cart" },
        { id: 2, name: "Another" },
    ];
    _views = { form: `<form js_class="mail_workflow_panel"><field name="name"/></form>` };
}

class Step extends models.Model {
    _name = "mail.workflow.step";
    name = fields.Char({ required: true });
    _records = [{ id: 10, name: "Remind" }];
    _views = {
        form: `
            <form js_class="mail_workflow_panel">
                <field name="name"/>
                <button name="action_open_designer" type="object" string="Text"/>
            </form>`,
    };
}

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
    reset() {
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

export const server = new FakeServer();

/** Let each test of a file begin with the same workflow. */
export function setUpServer() {
    defineMailModels();
    defineModels([Workflow, Step]);
    beforeEach(() => {
        server.reset();
        browser.localStorage.removeItem("mail_workflow.clipboard");
        onRpc("mail.workflow", "get_flow", () => server.get());
        onRpc("mail.workflow", "save_flow", ({ args }) => server.save(args[1], args[2]));
        onRpc("mail.workflow", "get_flow_figures", () => server.figures);
    });
}

export async function openDrawing() {
    await mountWithCleanup(WebClient);
    await goToDrawing(1);
}

/** Show a drawing in the client that is there already. */
export async function goToDrawing(workflowId) {
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "mail_workflow_flow",
        params: { workflow_id: workflowId },
    });
    await settle();
}

export async function settle() {
    await animationFrame();
    await runAllTimers();
    await animationFrame();
}

export const card = (key) => `.o_mail_workflow_card[data-item="card:${key}"]`;
export const plus = (place) => `.o_mail_workflow_plus[data-plus="${place}"]`;
