/**
 * Where everything of a drawing stands: steps from top to bottom, branches side by side, coming
 * together below. Pure: a file and the sizes of its cards in, positions out.
 *
 * A block is what a step or a list of steps takes up around its middle line: `left`, `right`,
 * `height`, and `place(x, y, out)`, which puts its parts down once it is known where it stands.
 */
import { TOP } from "./flow_tree";

export const GAP = 40; // between two cards: a plus in the middle
export const FAN = 62; // from a card to the first plus of its branches, the label on the way
export const LABEL = 46; // from a card to the middle of the label
export const JOIN = 30; // from the longest branch to where all come together
export const SIDE = 22; // between two branches
const MARGIN = 28; // between the drawing and a line around it
const TRACK = 10; // between two lines around it
const CORNER = 12;

/**
 * @param {Object[]} steps the list at the top
 * @param {Object} options
 * @param {(step: Object|null) => {width: number, height: number}} options.sizeOf null: who comes in
 * @param {(step: Object) => string[]} options.branches names of a step's branches, in their order
 * @param {(step: Object) => boolean} options.mayFollow
 * @param {boolean} [options.mirrored] the first branch stands on the right
 * @returns {{nodes: Object[], edges: Object[], pluses: Object[], labels: Object[], width: number,
 *     height: number, offset: number}} `offset` is how far the lines' paths stand to the left
 */
export function layOut(steps, options) {
    const out = { nodes: [], edges: [], pluses: [], labels: [] };
    const entry = options.sizeOf(null);
    const list = listBlock(steps, TOP, 1, options);
    out.nodes.push({ key: null, x: -entry.width / 2, y: 0, ...entry, level: 1 });
    list.place(0, entry.height, out);
    const left = Math.max(list.left, entry.width / 2);
    const right = Math.max(list.right, entry.width / 2);
    const around = addJumps(steps, out);
    const edgeLeft = Math.min(-left, around.left);
    const width = Math.max(right, around.right) - edgeLeft;
    shift(out, -edgeLeft);
    return { ...out, width, height: entry.height + list.height, offset: -edgeLeft };
}

/** A list of steps below something: a plus before each step, and one at the end if it is open. */
function listBlock(steps, place, level, options) {
    const blocks = steps.map((step, index) =>
        stepBlock(step, { ...place, index }, level, options)
    );
    const last = blocks[blocks.length - 1];
    const isOpen = !last || last.isOpen;
    const height = blocks.reduce((sum, block) => sum + GAP + block.height, isOpen ? GAP : 0);
    return {
        left: Math.max(0, ...blocks.map((block) => block.left)),
        right: Math.max(0, ...blocks.map((block) => block.right)),
        height,
        isOpen,
        place(x, y, out) {
            for (const [index, block] of blocks.entries()) {
                const isReached = index === 0 || blocks[index - 1].isOpen;
                addGap(out, x, y, { ...place, index }, isReached, true);
                block.place(x, y + GAP, out);
                y += GAP + block.height;
            }
            if (isOpen) {
                addGap(out, x, y, { ...place, index: blocks.length }, true, false);
            }
        },
    };
}

function addGap(out, x, y, place, isReached, isFollowed) {
    if (!isReached) {
        return;
    }
    const id = `${place.parent ?? ""}/${place.branch}/${place.index}`;
    const end = isFollowed || place.parent !== null ? y + GAP : y + GAP / 2;
    out.edges.push({ id, path: `M${x} ${y}V${end}`, x1: x, x2: x, y1: y, y2: end });
    out.pluses.push({ id, place, x, y: y + GAP / 2 });
}

function stepBlock(step, place, level, options) {
    const size = options.sizeOf(step);
    const names = options.branches(step);
    const half = size.width / 2;
    const put = (x, y, out) =>
        out.nodes.push({ key: step.key, x: x - half, y, ...size, level, place });
    if (!names.length) {
        const isOpen = options.mayFollow(step);
        return { left: half, right: half, height: size.height, isOpen, place: put };
    }
    const lanes = lanesOf(step, names, level, options);
    const tallest = Math.max(...lanes.map((lane) => lane.height));
    const isOpen = lanes.some((lane) => lane.isOpen);
    const first = lanes[0];
    const last = lanes[lanes.length - 1];
    return {
        left: Math.max(half, first.left - first.x),
        right: Math.max(half, last.right + last.x),
        height: size.height + FAN + tallest + (isOpen ? JOIN : 0),
        isOpen,
        place(x, y, out) {
            put(x, y, out);
            const top = y + size.height;
            for (const lane of lanes) {
                addLane(out, lane, x, top, top + FAN + tallest);
            }
        },
    };
}

/** Return the branches as blocks that know their `x` beside the step's middle line. */
function lanesOf(step, names, level, options) {
    const least = options.laneWidth || 0;
    const lanes = names.map((name) => {
        const list = listBlock(
            step.branches?.[name]?.steps || [],
            { parent: step.key, branch: name },
            level + 2,
            options
        );
        return {
            ...list,
            left: Math.max(list.left, least / 2),
            right: Math.max(list.right, least / 2),
            id: `${step.key}/${name}`,
            place: { parent: step.key, branch: name },
            level: level + 1,
            draw: list.place,
        };
    });
    if (options.mirrored) {
        lanes.reverse();
    }
    let x = 0;
    for (const [index, lane] of lanes.entries()) {
        x += index ? lanes[index - 1].right + SIDE + lane.left : 0;
        lane.x = x;
    }
    for (const lane of lanes) {
        lane.x -= x / 2;
    }
    return lanes;
}

function addLane(out, lane, middle, top, bottom) {
    const x = middle + lane.x;
    const start = top + FAN;
    const bend = top + (LABEL - 12) / 2;
    out.edges.push({
        id: `${lane.id}/fan`,
        path: `M${middle} ${top}C${middle} ${bend + 8} ${x} ${bend - 8} ${x} ${top + LABEL}V${start}`,
        ...box(middle, x, top, start),
    });
    out.labels.push({ id: lane.id, place: lane.place, x, y: top + LABEL, level: lane.level });
    lane.draw(x, start, out);
    if (lane.isOpen) {
        const end = start + lane.height;
        out.edges.push({
            id: `${lane.id}/join`,
            path:
                `M${x} ${end}V${bottom}` +
                `C${x} ${bottom + JOIN - 6} ${middle} ${bottom + 6} ${middle} ${bottom + JOIN}`,
            ...box(middle, x, end, bottom + JOIN),
        });
    }
}

function box(x1, x2, y1, y2) {
    return { x1: Math.min(x1, x2), x2: Math.max(x1, x2), y1, y2 };
}

/** Draw what goes back or ahead to another step around the side; return how far out that is. */
function addJumps(steps, out) {
    const nodes = new Map(out.nodes.map((node) => [node.key, node]));
    const tracks = { left: 0, right: 0 };
    const reach = { left: 0, right: 0 };
    for (const [source, target] of jumps(steps)) {
        const from = nodes.get(source);
        const to = nodes.get(target);
        if (!to) {
            continue;
        }
        const side = middle(from) < middle(to) ? "left" : "right";
        const x = track(out.nodes, from, to, side, tracks[side]++);
        reach[side] = side === "left" ? Math.min(reach.left, x) : Math.max(reach.right, x);
        out.edges.push(jump(from, to, x, side));
    }
    return reach;
}

function* jumps(steps) {
    const stack = [...steps];
    while (stack.length) {
        const step = stack.shift();
        if (step.target) {
            yield [step.key, step.target];
        }
        for (const entry of Object.values(step.branches || {})) {
            stack.push(...(entry.steps || []));
        }
    }
}

const middle = (node) => node.x + node.width / 2;

/** Return the x beside everything that stands between two cards. */
function track(nodes, from, to, side, number) {
    const top = Math.min(from.y, to.y);
    const bottom = Math.max(from.y + from.height, to.y + to.height);
    const between = nodes.filter((node) => node.y < bottom && node.y + node.height > top);
    const away = MARGIN + TRACK * number;
    return side === "left"
        ? Math.min(...between.map((node) => node.x)) - away
        : Math.max(...between.map((node) => node.x + node.width)) + away;
}

function jump(from, to, x, side) {
    const out = side === "left" ? -1 : 1;
    const startX = side === "left" ? from.x : from.x + from.width;
    const endX = side === "left" ? to.x : to.x + to.width;
    const startY = from.y + from.height / 2;
    const endY = to.y + to.height / 2;
    const down = endY > startY ? 1 : -1;
    const bend = x - out * CORNER;
    const path =
        `M${startX} ${startY}H${bend}Q${x} ${startY} ${x} ${startY + down * CORNER}` +
        `V${endY - down * CORNER}Q${x} ${endY} ${bend} ${endY}H${endX}`;
    const points = [startX, endX, x];
    return {
        id: `${from.key}/jump`,
        path,
        arrow: `M${endX + out * 7} ${endY - 4}L${endX + out} ${endY}L${endX + out * 7} ${endY + 4}`,
        isJump: true,
        from: from.key,
        x1: Math.min(...points),
        x2: Math.max(...points),
        y1: Math.min(startY, endY),
        y2: Math.max(startY, endY),
    };
}

/** Move the whole drawing to the right; the lines' own paths are moved by who draws them. */
function shift(out, by) {
    for (const part of [...out.nodes, ...out.pluses, ...out.labels]) {
        part.x += by;
    }
    for (const edge of out.edges) {
        edge.x1 += by;
        edge.x2 += by;
    }
}
