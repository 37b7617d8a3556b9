import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { allowTranslations } from "@web/../tests/web_test_helpers";

import { FlowModel } from "@mail_workflow_automation/flow_builder/flow_model";

describe.current.tags("headless");
beforeEach(allowTranslations);

const TOP = { parent: null, branch: "then" };

function definition() {
    return {
        format: 1,
        steps: [
            { key: "hello", kind: "email", subject: "Hello" },
            {
                key: "asks",
                kind: "condition",
                branches: {
                    yes: {
                        when: { domain: [] },
                        steps: [
                            { key: "gift", kind: "coupon" },
                            { key: "back", kind: "goto", target: "hello" },
                        ],
                    },
                    no: { steps: [{ key: "call", kind: "task" }] },
                },
            },
            { key: "bye", kind: "email", filters: { step: "hello" } },
        ],
    };
}

function flowModel(options) {
    return new FlowModel(definition(), {
        mayFollow: (step) => step.kind !== "goto",
        title: (key) => key.toUpperCase(),
        ...options,
    });
}

/** Return the tree as a line of keys: `hello asks(yes: gift back; no: call) bye`. */
function outline(model) {
    const list = (steps) => steps.map(one).join(" ");
    const one = ({ key, branches }) => {
        const inside = Object.entries(branches || {}).map(
            ([name, entry]) => `${name}: ${list(entry.steps)}`
        );
        return inside.length ? `${key}(${inside.join("; ")})` : key;
    };
    return list(model.definition.steps);
}

const BEFORE = "hello asks(yes: gift back; no: call) bye";

/** Expect a command's result, that undo takes it back, and that redo brings it again. */
function expectCommand(model, command, expected) {
    const before = JSON.stringify(model.definition);
    const result = command();
    const after = outline(model);
    expect(after).toBe(expected);
    expect(model.undo()).toBe(true);
    expect(JSON.stringify(model.definition)).toBe(before);
    expect(model.redo()).toBe(true);
    expect(outline(model)).toBe(after);
    return result;
}

function expectRefused(model, command, sentence = null) {
    expect(command()).toBe(false);
    expect(model.refusal && String(model.refusal)).toBe(sentence);
    expect(model.canUndo).toBe(false);
    expect(outline(model)).toBe(BEFORE);
}

test("a step is added at any place, with a key of its own", () => {
    const model = flowModel();
    for (const place of [
        { ...TOP, index: 0 },
        { ...TOP, index: 3 },
        { parent: "asks", branch: "yes", index: 1 },
        { parent: "call", branch: "new", index: 0 },
    ]) {
        const key = model.addStep(place, { kind: "wait", hours: 1 });
        expect(model.place(key)).toEqual(place);
        expect(model.step(key)).toEqual({ kind: "wait", hours: 1, key });
        expect(model.undo()).toBe(true);
        expect(outline(model)).toBe(BEFORE);
    }
});

test("a step is moved with what is in its branches", () => {
    const model = flowModel();
    expectCommand(
        model,
        () => model.moveStep("asks", { ...TOP, index: 0 }),
        "asks(yes: gift back; no: call) hello bye"
    );
});

test("a step is moved down in its own list", () => {
    const model = flowModel();
    expectCommand(
        model,
        () => model.moveStep("hello", { ...TOP, index: 2 }),
        "asks(yes: gift back; no: call) hello bye"
    );
});

test("a step is moved into a branch", () => {
    const model = flowModel();
    expectCommand(
        model,
        () => model.moveStep("bye", { parent: "asks", branch: "no", index: 0 }),
        "hello asks(yes: gift back; no: bye call)"
    );
});

test("a step is moved alone and leaves what is in its branches", () => {
    const model = flowModel();
    expectCommand(
        model,
        () => model.moveStep("asks", { ...TOP, index: 3 }, { alone: true }),
        "hello gift back call bye asks(yes: ; no: )"
    );
    expect(model.step("asks").branches.yes.when).toEqual({ domain: [] });
});

test("a branch is moved with all its steps", () => {
    const model = flowModel();
    expectCommand(
        model,
        () => model.moveBranch({ parent: "asks", branch: "no" }, { ...TOP, index: 3 }),
        "hello asks(yes: gift back; no: ) bye call"
    );
});

test("a step cannot be put into one of its own branches", () => {
    const model = flowModel();
    expectRefused(
        model,
        () => model.moveStep("asks", { parent: "asks", branch: "no", index: 1 }),
        "“ASKS” cannot be put into one of its own branches."
    );
});

test("nothing is put behind a step that ends the way", () => {
    const model = flowModel();
    expectRefused(
        model,
        () => model.moveStep("bye", { parent: "asks", branch: "yes", index: 2 }),
        "Nothing can follow “BACK”: the way ends there."
    );
});

test("a step that is dropped where it stands stays", () => {
    const model = flowModel();
    expectRefused(model, () => model.moveStep("asks", { ...TOP, index: 1 }));
    expectRefused(model, () => model.moveStep("asks", { ...TOP, index: 2 }));
});

test("a removed step takes its branches along, or one of them takes its place", () => {
    let model = flowModel();
    expectCommand(model, () => model.removeStep("asks"), "hello bye");
    model = flowModel();
    expectCommand(model, () => model.removeStep("asks", { keep: "no" }), "hello call bye");
});

test("who went to a removed step goes nowhere yet", () => {
    const model = flowModel();
    model.removeStep("hello");
    expect(model.step("back")).toEqual({ key: "back", kind: "goto" });
    model.undo();
    expect(model.step("back").target).toBe("hello");
});

test("a branch is emptied", () => {
    const model = flowModel();
    expectCommand(
        model,
        () => model.removeBranch({ parent: "asks", branch: "yes" }),
        "hello asks(yes: ; no: call) bye"
    );
});

test("a pasted branch has keys of its own, and what names a step of it follows", () => {
    const model = flowModel();
    const steps = model.copyBranch(TOP);
    const keys = model.pasteBranch({ ...TOP, index: 3 }, steps);
    expect(keys.length).toBe(3);
    expect(new Set([...keys, "hello", "asks", "bye"]).size).toBe(6);
    const [hello, asks, bye] = model.definition.steps.slice(3);
    expect(asks.branches.yes.steps[1].target).toBe(hello.key);
    expect(bye.filters).toEqual({ step: hello.key });
    expect(hello.subject).toBe("Hello");
    expect(model.undo()).toBe(true);
    expect(outline(model)).toBe(BEFORE);
});

test("a pasted step still names what was not copied with it", () => {
    const model = flowModel();
    model.pasteBranch({ ...TOP, index: 3 }, model.copyStep("bye"));
    expect(model.definition.steps[3].filters).toEqual({ step: "hello" });
});

test("a step that was cut comes back as itself, once", () => {
    const model = flowModel();
    const steps = model.copyStep("bye");
    model.removeStep("bye");
    const start = { ...TOP, index: 0 };
    expect(model.pasteBranch(start, steps)).not.toEqual(["bye"]);
    expect(model.pasteBranch(start, steps, { isOwn: true })).toEqual(["bye"]);
    expect(model.pasteBranch(start, steps, { isOwn: true })).not.toEqual(["bye"]);
    const other = new FlowModel({ format: 1, steps: [] });
    expect(other.pasteBranch(start, steps, { isOwn: true })).not.toEqual(["bye"]);
});

test("a step is duplicated right behind itself", () => {
    const model = flowModel();
    const key = model.duplicateStep("hello");
    expect(model.place(key)).toEqual({ ...TOP, index: 1 });
    model.undo();
    expect(outline(model)).toBe(BEFORE);
});

test("a step is renamed, and says something else, at its place", () => {
    const model = flowModel();
    expect(model.rename("call", "  Call them ")).toBe(true);
    expect(model.step("call").name).toBe("Call them");
    expect(model.rename("call", "Call them")).toBe(false);
    expect(model.setEntry("call", { kind: "notify", key: "other" })).toBe(true);
    expect(model.step("call")).toEqual({ key: "call", kind: "notify" });
    model.undo();
    model.undo();
    expect(outline(model)).toBe(BEFORE);
    expect(model.step("call")).toEqual({ key: "call", kind: "task" });
});

test("a new change after an undo forgets what could be done again", () => {
    const model = flowModel();
    model.removeStep("bye");
    model.undo();
    model.removeStep("hello");
    expect(model.redo()).toBe(false);
});

test("what the server wrote is no change of its own; what was changed elsewhere is", () => {
    const model = flowModel();
    model.settle({ ...model.definition, name: "Server" });
    expect(model.canUndo).toBe(false);
    expect(model.replace(JSON.parse(JSON.stringify(model.definition)))).toBe(false);
    expect(model.replace({ ...model.definition, steps: [] })).toBe(true);
    model.undo();
    expect(outline(model)).toBe(BEFORE);
});
