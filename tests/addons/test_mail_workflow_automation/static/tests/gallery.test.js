import { describe, expect, test } from "@odoo/hoot";
import { click, edit, queryAllTexts, setInputFiles, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels, dragenterFiles, dropFiles } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    getService,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { layOutline } from "@mail_workflow_automation/gallery/flow_outline";

describe.current.tags("desktop");
defineMailModels();

const step = (category, branches = [], shape = "card") => ({ category, shape, branches });
const recipe = (key, values = {}) => ({
    key,
    label: key,
    description: `What ${key} does`,
    effect: `What ${key} earns`,
    needs: [],
    outline: [step("message"), step("flow", [], "pill"), step("flow", [[step("record")], []])],
    ...values,
});
const GOALS = [
    { goal: "welcome", label: "Welcome people", recipes: [recipe("Hello")] },
    {
        goal: "cart",
        label: "Win carts back",
        recipes: [
            recipe("Reminder", {
                needs: [
                    { label: "A coupon program", missing: "none yet", is_met: false, is_blocking: false },
                ],
            }),
            recipe("Event cart", {
                needs: [
                    { label: "Events", missing: "not installed", is_met: false, is_blocking: true },
                ],
            }),
        ],
    },
];

async function openGallery() {
    onRpc("mail.workflow", "get_gallery", () => ({ goals: GOALS }));
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "mail_workflow_gallery",
    });
}

function catchActions() {
    const done = [];
    mockService("action", {
        doAction(action, options) {
            if (action.tag) {
                return super.doAction(action, options);
            }
            done.push(action);
        },
    });
    return done;
}

const titles = () => queryAllTexts(".o_mail_workflow_gallery_card strong");

test("steps are drawn below each other, branches side by side, and meet again", () => {
    const { nodes, edges, width, height } = layOutline([
        step("message"),
        step("flow", [[step("record"), step("message")], [step("people")]]),
        step("message", [], "pill"),
    ]);
    const [entry, first, condition, left, leftBelow, right, last] = nodes;
    expect(nodes.length).toBe(7);
    expect([entry, first, condition, leftBelow, last].map(({ y }) => y)).toEqual(
        [entry, first, condition, leftBelow, last].map(({ y }) => y).sort((a, b) => a - b)
    );
    expect(left.y).toBe(right.y);
    expect(left.x + left.width).toBeLessThan(right.x);
    expect(last.x + last.width / 2).toBe(width / 2);
    expect(last.y + last.height).not.toBeGreaterThan(height);
    expect(edges.length).toBe(7);
});

test("recipes stand at their goals and are found by what they are for", async () => {
    await openGallery();
    expect(queryAllTexts(".o_mail_workflow_gallery h2")).toEqual([
        "Welcome people",
        "Win carts back",
    ]);
    expect(titles()).toEqual(["Hello", "Reminder", "Event cart"]);
    expect(".o_mail_workflow_gallery_card svg").toHaveCount(3);
    await click(".o_mail_workflow_gallery input[type=search]");
    await edit("carts");
    await animationFrame();
    expect(titles().sort()).toEqual(["Event cart", "Reminder"]);
    await edit("no such thing");
    await animationFrame();
    expect(".o_mail_workflow_gallery [role=status]").toHaveText(/no such thing/);
});

test("a goal shows its recipes only, once more all of them", async () => {
    await openGallery();
    const goal = ".o_mail_workflow_gallery_goal:contains(Win carts back)";
    await contains(goal).click();
    expect(titles().sort()).toEqual(["Event cart", "Reminder"]);
    expect(goal).toHaveAttribute("aria-pressed", "true");
    await contains(goal).click();
    expect(titles().length).toBe(3);
});

test("what is missing is said; without its application a recipe is not made", async () => {
    const done = catchActions();
    await openGallery();
    expect(queryAllTexts(".o_mail_workflow_gallery .badge")).toEqual([
        "A coupon program: none yet",
        "Events: not installed",
    ]);
    expect("[data-recipe='Event cart']").not.toBeEnabled();
    await contains("[data-recipe=Reminder]").click();
    expect(done.map(({ res_model, context }) => [res_model, context.default_recipe])).toEqual([
        ["mail.workflow.new", "Reminder"],
    ]);
});

test("a file that is chosen or dropped becomes a draft; one that is refused is explained", async () => {
    const done = catchActions();
    const texts = [];
    onRpc("mail.workflow", "import_file", ({ args }) => {
        texts.push(args[0]);
        if (args[0].includes("emial")) {
            throw makeServerError({ message: "steps[0].kind: unknown kind 'emial'" });
        }
        return { type: "ir.actions.client", res_id: 7 };
    });
    await openGallery();
    const root = ".o_mail_workflow_gallery_content";
    await click(".o_mail_workflow_gallery_file");
    await setInputFiles([new File(["{}"], "good.json")]);
    await animationFrame();
    await animationFrame();
    expect(done).toEqual([{ type: "ir.actions.client", res_id: 7 }]);
    const files = [new File(['{"kind": "emial"}'], "bad.json")];
    await dragenterFiles(root, files);
    await dropFiles(".o_mail_workflow_dropzone", files);
    await waitFor(".modal:contains(bad.json):contains(unknown kind 'emial')");
    expect(".modal").toHaveText(/steps\[0\]\.kind/);
    expect(".modal").toHaveText(/Nothing was imported/);
    expect(done.length).toBe(1);
    expect(texts).toEqual(["{}", '{"kind": "emial"}']);
});

test("a file that is too large does not set out", async () => {
    onRpc("mail.workflow", "import_file", () => expect.step("sent"));
    await openGallery();
    await click(".o_mail_workflow_gallery_file");
    await setInputFiles([new File([new Uint8Array(6 * 1024 * 1024)], "film.json")]);
    await waitFor(".modal:contains(larger than 5 MB)");
    expect.verifySteps([]);
});
