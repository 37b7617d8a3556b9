import { Component } from "@odoo/owl";

const GAP_X = 8;
const GAP_Y = 9;
const SIZES = { entry: [26, 8], card: [26, 10], pill: [18, 6] };
const LEAST = { width: 50, height: 72 };
const FALL = GAP_Y + SIZES.card[1];

/**
 * Lay an outline out: a step below the other, branches side by side, coming together below.
 *
 * @param {{category: string, shape: string, branches: Array}[]} steps
 * @returns {{nodes: Object[], edges: string[], width: number, height: number}} in units of its own
 */
export function layOutline(steps) {
    const nodes = [];
    const edges = [];

    function widthOf(list) {
        return Math.max(SIZES.card[0], ...list.map(stepWidth));
    }

    function stepWidth({ branches }) {
        const widths = branches.map(widthOf);
        return widths.reduce((sum, width) => sum + width, GAP_X * Math.max(0, widths.length - 1));
    }

    function connect(from, x, y) {
        const middle = (from.y + y) / 2;
        edges.push(`M${from.x} ${from.y}C${from.x} ${middle} ${x} ${middle} ${x} ${y}`);
    }

    function place(node, x, y, from) {
        const [width, height] = SIZES[node.shape];
        for (const end of from) {
            connect(end, x, y);
        }
        nodes.push({ ...node, x: x - width / 2, y, width, height, key: nodes.length });
        return [{ x, y: y + height }];
    }

    function placeList(list, x, y, from) {
        let ends = from;
        for (const { category, shape, branches } of list) {
            ends = place({ category, shape }, x, y, ends);
            y = ends[0].y + GAP_Y;
            if (branches.length) {
                const width = stepWidth({ branches });
                let left = x - width / 2;
                const joined = [];
                let lowest = y;
                for (const branch of branches) {
                    const own = widthOf(branch);
                    const center = left + own / 2;
                    // an empty branch goes around the others
                    const passed = { x: center, y: y + FALL / 2 };
                    if (!branch.length) {
                        connect(ends[0], passed.x, passed.y);
                    }
                    const placed = branch.length
                        ? placeList(branch, center, y, ends)
                        : { ends: [passed], y };
                    joined.push(...placed.ends);
                    lowest = Math.max(lowest, placed.y);
                    left += own + GAP_X;
                }
                ends = joined;
                y = lowest;
            }
        }
        return { ends, y };
    }

    const width = widthOf(steps);
    const entry = place({ category: "entry", shape: "entry" }, width / 2, 0, []);
    const { y } = placeList(steps, width / 2, entry[0].y + GAP_Y, entry);
    return { nodes, edges, width, height: Math.max(SIZES.entry[1], y - GAP_Y) };
}

/** A small drawing of a recipe's steps, without words. */
export class FlowOutline extends Component {
    static template = "mail_workflow_automation.FlowOutline";
    static props = { steps: Array };

    get drawing() {
        return layOutline(this.props.steps);
    }

    /** A short flow is not drawn larger than the others. */
    viewBox({ width, height }) {
        const [wide, high] = [Math.max(width, LEAST.width), Math.max(height, LEAST.height)];
        return `${(width - wide) / 2 - 2} -2 ${wide + 4} ${high + 4}`;
    }
}
