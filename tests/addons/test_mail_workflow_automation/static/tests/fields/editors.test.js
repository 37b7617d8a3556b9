import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { click, edit, queryAllTexts, queryAllValues } from "@odoo/hoot-dom";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

const KINDS = [
    {
        kind: "email_clicked",
        label: "Link in a mail clicked",
        category: "Mail",
        is_named: false,
        defaults: {},
        filters: [
            {
                name: "step",
                label: "Mail",
                type: "selection",
                choices: [["remind", "First reminder"]],
            },
            { name: "link", label: "Link", type: "text" },
        ],
    },
    {
        kind: "order_confirmed",
        label: "Order confirmed",
        category: "Sales",
        is_named: false,
        defaults: {},
        filters: [
            { name: "product", label: "Product", type: "record", model: "partner", domain: [] },
            { name: "min_amount", label: "Amount at Least", type: "number" },
            { name: "first", label: "First Order", type: "boolean" },
        ],
    },
    {
        kind: "record_changed",
        label: "Record changed",
        category: "Other",
        is_named: false,
        defaults: { on: "created" },
        filters: [
            {
                name: "on",
                label: "What Happens",
                type: "selection",
                choices: [
                    ["created", "A record is created"],
                    ["changed", "A field changes"],
                ],
            },
            { name: "to", label: "Changed To", type: "text", only: { on: "changed" } },
        ],
    },
    {
        kind: "custom",
        label: "Custom event",
        category: "Other",
        is_named: true,
        defaults: {},
        filters: [],
    },
];

class Partner extends models.Model {
    name = fields.Char();
    color = fields.Integer();
    _records = [
        { id: 7, name: "Desk lamp", color: 2 },
        { id: 8, name: "Office chair", color: 3 },
    ];
}

class Flow extends models.Model {
    _name = "mail.workflow.step";

    name = fields.Char();
    model_name = fields.Char();
    words = fields.Char();
    way_details = fields.Json();
    value = fields.Json();
    update_fields = fields.Json();
    update_labels = fields.Json();
    _records = [
        {
            id: 1,
            name: "Ask",
            model_name: "partner",
            words: "said in words",
            way_details: { yes: { label: "Yes", steps: ["Code"] }, no: { label: "No", steps: [] } },
        },
    ];
}

defineMailModels();
defineModels([Flow, Partner]);

/** Show the widget with a value; what is saved is a step of the test. */
async function show(widget, value, { options = "{}", readonly = false, ...values } = {}) {
    Object.assign(Flow._records[0], { value, ...values });
    onRpc("get_event_kinds", () => KINDS);
    onRpc("web_save", ({ args }) => expect.step(args[1].value));
    await mountView({
        type: "form",
        resModel: "mail.workflow.step",
        resId: 1,
        arch: `<form><field name="name"/><field name="value" widget="${widget}"
            options="${options}" ${readonly ? 'readonly="1"' : ""}/></form>`,
    });
}

async function choose(place, label) {
    await contains(`${place} .o_select_menu_toggler`).click();
    await contains(`.o_select_menu_item:contains(${label})`).click();
}

const save = () => contains(".o_form_button_save").click();
const rename = (name, text) =>
    contains(`[data-name="${name}"] .o_mail_workflow_way_name`).edit(text);

test("an event is chosen by kind, with the filters of that kind", async () => {
    await show("mail_workflow_event", false, { options: "{'days': 'window_days'}" });
    await choose(".o_mail_workflow_event_kind", "Order confirmed");
    expect(queryAllTexts(".o_mail_workflow_filter .small")).toEqual([
        "Product",
        "Amount at Least",
    ]);
    await contains("[data-filter=product] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Office chair)").click();
    await contains("[data-filter=min_amount] input").edit("20");
    await contains("[data-filter=first] input").click();
    await contains(".o_mail_workflow_event_days input").edit("7");
    await save();
    expect.verifySteps([
        {
            kind: "order_confirmed",
            filters: { product: 8, min_amount: 20, first: true },
            window_days: 7,
        },
    ]);
});

test("what is emptied is not said, another kind begins anew", async () => {
    await show("mail_workflow_event", {
        kind: "order_confirmed",
        filters: { first: true },
        same_record: true,
    });
    await contains("[data-filter=first] input").click();
    await save();
    expect.verifySteps([{ kind: "order_confirmed", same_record: true }]);
    await choose(".o_mail_workflow_event_kind", "Record changed");
    expect(".o_mail_workflow_filter").toHaveCount(1, { message: "what depends is not asked" });
    await choose("[data-filter=on]", "A field changes");
    await contains("[data-filter=to] input").edit("Won");
    await choose("[data-filter=on]", "A record is created");
    await save();
    expect.verifySteps([
        { kind: "record_changed", filters: { on: "created" }, same_record: true },
    ]);
});

test("an event without its name is not written", async () => {
    await show("mail_workflow_event", { kind: "order_confirmed" });
    await choose(".o_mail_workflow_event_kind", "Custom event");
    expect(".o_form_status_indicator_buttons:not(.invisible)").toHaveCount(0);
    await contains("input.o_field_invalid").edit("trial_started");
    await contains("button:contains(Only if its data says)").click();
    await contains(".o_mail_workflow_data_filters input:first").edit("seats");
    await contains(".o_mail_workflow_data_filters input:last").edit("3");
    await save();
    expect.verifySteps([{ kind: "custom", name: "trial_started", filters: { seats: 3 } }]);
});

test("a kind that is not installed is kept and said so", async () => {
    await show("mail_workflow_event", { kind: "gone" });
    expect(".o_mail_workflow_event").toHaveText(/“gone” is not installed here/);
});

test("readonly tells the event in words", async () => {
    await show("mail_workflow_event", { kind: "gone" }, { options: "{'words': 'words'}", readonly: true });
    expect(".o_mail_workflow_words").toHaveText("said in words");
    expect(".o_field_widget[name=value] input").toHaveCount(0);
});

test("events of a wait lead their ways", async () => {
    const clicked = { kind: "email_clicked", branch: "yes" };
    await show("mail_workflow_events", [clicked], { options: "{'ways': True}" });
    await contains(".o_mail_workflow_events_add").click();
    await choose(".o_mail_workflow_events_row:last", "Order confirmed");
    expect(queryAllValues(".o_mail_workflow_events_row label.mt-2 input")).toEqual([
        "Yes",
        "Order confirmed",
    ]);
    await contains(".o_mail_workflow_events_row:first label.mt-2 input").edit("Interested");
    await save();
    expect.verifySteps([
        [
            { kind: "email_clicked", branch: "Interested", was: "yes" },
            { kind: "order_confirmed", branch: "Order confirmed" },
        ],
    ]);
});

test("an event whose way has steps is not removed", async () => {
    const clicked = { kind: "email_clicked", branch: "yes" };
    const ordered = { kind: "order_confirmed", branch: "ordered" };
    await show("mail_workflow_events", [clicked, ordered], { options: "{'ways': True}" });
    await contains(".o_mail_workflow_events_row:first .fa-trash").click();
    expect(".o_notification").toHaveText(/Steps stand on the way “Yes”: Code/);
    await contains(".o_mail_workflow_events_row:last .fa-trash").click();
    await save();
    expect.verifySteps([[clicked]]);
});

test("a question with yes and no becomes several ways", async () => {
    await show("mail_workflow_branches", [
        { name: "yes", domain: [["color", "=", 2]] },
        { name: "no" },
    ]);
    expect(".o_mail_workflow_rest").toHaveText(/^No/);
    await contains(".o_mail_workflow_way_add").click();
    await rename("Way 2", "clicked");
    await contains("[data-name=clicked] .o_mail_workflow_ask_event").click();
    await choose("[data-name=clicked] .o_mail_workflow_event_kind", "Link in a mail clicked");
    await choose("[data-name=clicked] [data-filter=step]", "First reminder");
    await save();
    expect.verifySteps([
        [
            { name: "yes", domain: [["color", "=", 2]] },
            { name: "clicked", event: { kind: "email_clicked", filters: { step: "remind" } } },
            { name: "else", was: "no" },
        ],
    ]);
});

test("the way that was added and removed again leaves yes and no", async () => {
    const short = [{ name: "yes", domain: [] }, { name: "no" }];
    await show("mail_workflow_branches", short);
    await contains(".o_mail_workflow_way_add").click();
    await contains("[data-name='Way 2'] .fa-trash").click();
    await save();
    expect.verifySteps([short]);
});

test("ways are moved, renamed, and kept under their steps", async () => {
    await show("mail_workflow_branches", [
        { name: "yes", domain: [] },
        { name: "b", domain: [["color", "=", 3]] },
        { name: "else" },
    ]);
    await contains("[data-name=yes] .fa-trash").click();
    expect(".o_notification").toHaveText(/Steps stand on the way “Yes”: Code/);
    expect(".o_mail_workflow_way").toHaveCount(2);
    await rename("yes", "b");
    expect(".o_notification:last").toHaveText(/Another way is called “b” already/);
    await rename("yes", "VIP");
    await contains("[data-name=VIP] .fa-chevron-down").click();
    await save();
    expect.verifySteps([
        [
            { name: "b", domain: [["color", "=", 3]] },
            { name: "VIP", domain: [], was: "yes" },
            { name: "else" },
        ],
    ]);
});

test("ways are dragged into order", async () => {
    await show("mail_workflow_branches", [
        { name: "a", domain: [] },
        { name: "b", domain: [["color", "=", 3]] },
        { name: "else" },
    ]);
    await contains("[data-name=b] .o_mail_workflow_way_handle").dragAndDrop("[data-name=a]");
    expect(queryAllValues(".o_mail_workflow_way_name")).toEqual(["b", "a"]);
});

test("shares of a split say their sum", async () => {
    await show("mail_workflow_shares", [
        { name: "a", weight: 50 },
        { name: "b", weight: 50 },
    ]);
    expect(".o_mail_workflow_sum").toHaveText(/Sum: 100/);
    expect(".o_mail_workflow_way .fa-trash").toHaveCount(0, { message: "two at least" });
    await contains("[data-name=a] .o_mail_workflow_share").edit("20");
    await contains(".o_mail_workflow_way_add").click();
    expect("[data-name=c] .o_mail_workflow_share").toHaveValue(30);
    await contains("[data-name=c] .fa-trash").click();
    expect(".o_mail_workflow_sum").toHaveText(/Sum: 70/);
    await contains("button:contains(Equal shares)").click();
    await save();
    expect.verifySteps([
        [
            { name: "a", weight: 50 },
            { name: "b", weight: 50 },
        ],
    ]);
});

test("a name that is being typed is saved with the form", async () => {
    await show("mail_workflow_outcomes", [{ name: "Approve" }]);
    await contains(".o_mail_workflow_outcome_add").edit("Refuse");
    await click("[data-name=Approve] .o_mail_workflow_way_name");
    await edit("Grant", { confirm: false });
    await save();
    expect.verifySteps([[{ name: "Grant" }, { name: "Refuse" }]]);
});

test("fields are set by their type", async () => {
    onRpc("find_value_records", () => [["base.be", "Belgium"]]);
    await show("mail_workflow_values", [{ field: "country_id", value: "base.fr" }], {
        update_labels: { country_id: { "base.fr": "France" } },
        update_fields: [
            { name: "city", label: "City", type: "text" },
            { name: "country_id", label: "Country", type: "record", model: "partner" },
            { name: "tags", label: "Tags", type: "records", model: "partner" },
            { name: "active", label: "Active", type: "boolean" },
        ],
    });
    expect(".o_mail_workflow_name_selector input").toHaveValue("France");
    await contains(".o_mail_workflow_name_selector input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Belgium)").click();
    expect(".o_mail_workflow_name_selector input").toHaveValue("Belgium");
    await contains(".o_mail_workflow_set_add").click();
    await choose(".o_mail_workflow_set:last .o_mail_workflow_set_field", "City");
    await contains(".o_mail_workflow_set:last .o_mail_workflow_value input").edit("Bruges");
    await contains(".o_mail_workflow_set_add").click();
    await choose(".o_mail_workflow_set:last .o_mail_workflow_set_field", "Active");
    await choose(".o_mail_workflow_set:last .o_mail_workflow_value", "No");
    // to the last one nothing is added yet: it is not written
    await contains(".o_mail_workflow_set_add").click();
    await choose(".o_mail_workflow_set:last .o_mail_workflow_set_field", "Tags");
    await save();
    expect.verifySteps([
        [
            { field: "country_id", value: "base.be" },
            { field: "city", value: "Bruges" },
            { field: "active", value: false },
        ],
    ]);
});
