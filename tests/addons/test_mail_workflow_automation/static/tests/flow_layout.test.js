import { describe, expect, test } from "@odoo/hoot";

import { layOut } from "@mail_workflow_automation/flow_builder/flow_layout";
import { FlowModel } from "@mail_workflow_automation/flow_builder/flow_model";
import { itemTowards } from "@mail_workflow_automation/flow_builder/flow_steps";

describe.current.tags("headless");

const SIZE = { width: 172, height: 74 };
const OPTIONS = {
    sizeOf: () => SIZE,
    branches: (step) => Object.keys(step.branches || {}),
    mayFollow: (step) => step.kind !== "goto",
    laneWidth: 120,
};

const step = (key, more) => ({ key, kind: "email", ...more });
const fork = (key, branches) =>
    step(key, {
        branches: Object.fromEntries(
            Object.entries(branches).map(([name, steps]) => [name, { steps }])
        ),
    });

function chain(prefix, count) {
    return Array.from({ length: count }, (_, index) => step(`${prefix}${index}`));
}

/** Thirty steps, up to five branches side by side. */
function thirty() {
    const lanes = Object.fromEntries("abcde".split("").map((name) => [name, chain(name, 4)]));
    return [...chain("start", 4), fork("five", lanes), ...chain("end", 5)];
}

/** So many steps in forks of two, some within one another. */
function many(count) {
    const steps = [];
    for (let index = 0; index * 9 < count; index++) {
        const inner = fork(`i${index}`, { yes: chain(`iy${index}-`, 2), no: chain(`in${index}-`, 2) });
        steps.push(fork(`o${index}`, { yes: [inner, ...chain(`oy${index}-`, 2)], no: [] }));
        steps.push(step(`s${index}`));
    }
    return steps;
}

function overlaps({ nodes }) {
    const found = [];
    for (const [index, one] of nodes.entries()) {
        for (const other of nodes.slice(index + 1)) {
            const across = one.x < other.x + other.width && other.x < one.x + one.width;
            const down = one.y < other.y + other.height && other.y < one.y + one.height;
            if (across && down) {
                found.push(`${one.key} ${other.key}`);
            }
        }
    }
    return found;
}

function byKey({ nodes }) {
    return Object.fromEntries(nodes.map((node) => [node.key ?? "", node]));
}

const middle = (node) => node.x + node.width / 2;

test("steps stand below one another, branches side by side, what follows in the middle", () => {
    const nodes = byKey(
        layOut([step("one"), fork("asks", { yes: [step("y")], no: [step("n")] }), step("last")], OPTIONS)
    );
    expect(middle(nodes.one)).toBe(middle(nodes.asks));
    expect(nodes.y.y).toBe(nodes.n.y);
    expect(nodes.y.x + nodes.y.width).toBeLessThan(nodes.n.x);
    expect(middle(nodes.asks)).toBe((middle(nodes.y) + middle(nodes.n)) / 2);
    expect(middle(nodes.last)).toBe(middle(nodes.asks));
    expect(nodes.last.y).toBeGreaterThan(nodes.y.y + nodes.y.height);
});

test("nothing overlaps, and everything is inside", () => {
    for (const steps of [thirty(), many(200), []]) {
        const layout = layOut(steps, OPTIONS);
        expect(overlaps(layout)).toEqual([]);
        for (const node of layout.nodes) {
            expect(node.x).toBeGreaterThan(-0.01);
            expect(node.x + node.width).toBeLessThan(layout.width + 0.01);
            expect(node.y + node.height).toBeLessThan(layout.height + 0.01);
        }
    }
});

test("thirty steps with five branches side by side fit a laptop beside the panel", () => {
    expect(layOut(thirty(), OPTIONS).width).toBeLessThan(1366 - 400 - 2 * 8);
});

test("there is a place to add before, between and after steps and in an empty branch", () => {
    const { pluses } = layOut([step("one"), fork("asks", { yes: [step("y")], no: [] })], OPTIONS);
    const places = pluses.map(({ place }) => `${place.parent}/${place.branch}/${place.index}`);
    expect(places.sort()).toEqual([
        "asks/no/0",
        "asks/yes/0",
        "asks/yes/1",
        "null/then/0",
        "null/then/1",
        "null/then/2",
    ]);
});

test("nothing is added after a step that ends the way, nor does its branch come back", () => {
    const steps = [fork("asks", { yes: [step("back", { kind: "goto", target: "asks" })], no: [] })];
    const { pluses, edges } = layOut(steps, OPTIONS);
    expect(pluses.map((plus) => plus.id)).not.toInclude("asks/yes/1");
    expect(edges.map((edge) => edge.id)).not.toInclude("asks/yes/join");
    expect(edges.map((edge) => edge.id)).toInclude("asks/no/join");
});

test("a jump goes around what stands between", () => {
    const lanes = { yes: [step("wide")], no: [step("back", { kind: "goto", target: "one" })] };
    const layout = layOut([step("one"), fork("asks", lanes)], OPTIONS);
    const jump = layout.edges.find((edge) => edge.isJump);
    const right = Math.max(...layout.nodes.map((node) => node.x + node.width));
    expect(jump.x2).toBeGreaterThan(right);
    expect(layout.width).toBeGreaterThan(jump.x2 - 0.01);
});

test("from right to left the first branch stands on the right", () => {
    const nodes = byKey(
        layOut([fork("asks", { yes: [step("y")], no: [step("n")] })], { ...OPTIONS, mirrored: true })
    );
    expect(nodes.y.x).toBeGreaterThan(nodes.n.x);
});

test("500 steps are laid out at once", () => {
    const steps = many(500);
    layOut(steps, OPTIONS);
    const start = performance.now();
    expect(layOut(steps, OPTIONS).nodes.length).toBeGreaterThan(500);
    expect(performance.now() - start).toBeLessThan(100);
});

test("arrow keys walk the tree", () => {
    const steps = [step("one"), fork("asks", { yes: [step("y")], no: [] }), step("last")];
    const model = new FlowModel({ steps });
    const layout = layOut(steps, OPTIONS);
    const positions = new Map([
        ...layout.nodes.map((node) => [`card:${node.key ?? ""}`, { x: middle(node), y: node.y }]),
        ...layout.labels.map((label) => [`label:${label.id}`, label]),
    ]);
    const walk = (item, ...arrows) =>
        arrows.reduce((at, arrow) => itemTowards(model, positions, at, `Arrow${arrow}`), item);
    expect(walk("card:", "Down")).toBe("card:one");
    expect(walk("card:one", "Down", "Down")).toBe("label:asks/yes");
    expect(walk("label:asks/yes", "Down")).toBe("card:y");
    expect(walk("card:y", "Down")).toBe("card:last");
    expect(walk("label:asks/yes", "Right")).toBe("label:asks/no");
    expect(walk("label:asks/no", "Down")).toBe("card:last");
    expect(walk("label:asks/no", "Left")).toBe("label:asks/yes");
    expect(walk("card:last", "Up")).toBe("card:asks");
    expect(walk("card:y", "Up", "Up")).toBe("card:asks");
    expect(walk("card:one", "Up")).toBe("card:");
    expect(walk("card:", "Up")).toBe(null);
    expect(walk("card:last", "Down")).toBe(null);
});
