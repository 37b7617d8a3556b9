/**
 * The way of the arrow keys through a drawing. An item is a card (`card:<key>`, `card:` for who
 * comes in) or the label of a branch (`label:<key>/<branch>`).
 */

export const ENTRY = "card:";

export const cardItem = (key) => `card:${key ?? ""}`;
export const labelItem = ({ parent, branch }) => `label:${parent}/${branch}`;

/** Return what an item is: `{key}` of a card (null: who comes in) or `{place}` of a branch. */
export function parseItem(item) {
    if (item.startsWith("card:")) {
        return { key: item.slice(5) || null };
    }
    const [parent, ...branch] = item.slice(6).split("/");
    return { place: { parent, branch: branch.join("/") } };
}

/** Return the place where something new goes for an item: right below it. */
export function placeBelow(model, item) {
    const { key, place } = parseItem(item);
    return place ? { ...place, index: 0 } : model.placeAfter(key);
}

function itemBelow(model, item) {
    const { key, place } = parseItem(item);
    if (place) {
        const [first] = model.list(place);
        return first ? cardItem(first.key) : itemAfter(model, place.parent);
    }
    const step = key === null ? null : model.step(key);
    const [branch] = step ? model.branches(step) : [];
    return branch ? labelItem({ parent: key, branch }) : itemAfter(model, key);
}

/** Return the card after a step, or after the step in whose branch it is the last. */
function itemAfter(model, key) {
    for (;;) {
        const place = model.placeAfter(key);
        const next = model.list(place)[place.index];
        if (next || place.parent === null) {
            return next ? cardItem(next.key) : null;
        }
        key = place.parent;
    }
}

/** Return the item above one: the card before, the branch it stands in, or who comes in. */
export function itemAbove(model, item) {
    const { key, place } = parseItem(item);
    if (place) {
        return cardItem(place.parent);
    }
    if (key === null) {
        return null;
    }
    const at = model.place(key);
    if (at.index > 0) {
        return cardItem(model.list(at)[at.index - 1].key);
    }
    return at.parent === null ? ENTRY : labelItem(at);
}

/** Return the item that stands nearest to a point. */
export function itemNear(positions, { x, y }) {
    const distance = ([, at]) => Math.hypot(at.x - x, at.y - y);
    const [[item]] = [...positions].sort((one, other) => distance(one) - distance(other));
    return item;
}

/** Return the nearest item on one side, by where the items stand. */
function itemBeside(positions, item, side) {
    const from = positions.get(item);
    let nearest = null;
    let least = Infinity;
    for (const [other, to] of positions) {
        const across = (to.x - from.x) * side;
        if (across > 20 && other !== item) {
            const distance = across + Math.abs(to.y - from.y) * 3;
            if (distance < least) {
                least = distance;
                nearest = other;
            }
        }
    }
    return nearest;
}

/**
 * Return the item an arrow key leads to, null where there is none.
 *
 * @param {string} arrow ArrowUp, ArrowDown, ArrowLeft, ArrowRight, Home or End
 * @param {Map<string, {x: number, y: number}>} positions middles of all items
 */
export function itemTowards(model, positions, item, arrow) {
    switch (arrow) {
        case "ArrowDown":
            return itemBelow(model, item);
        case "ArrowUp":
            return itemAbove(model, item);
        case "ArrowLeft":
            return itemBeside(positions, item, -1);
        case "ArrowRight":
            return itemBeside(positions, item, 1);
        case "Home":
            return ENTRY;
        case "End": {
            const { steps } = model.definition;
            return steps.length ? cardItem(steps[steps.length - 1].key) : ENTRY;
        }
    }
    return null;
}
