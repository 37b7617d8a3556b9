/** How large the cards are: from what they say, without asking the page for it. */

const SLACK = 1.02; // what is drawn is rounded to whole pixels, word by word
const LINE = 17;
const SMALL_LINE = 16;

/** The widths a drawing can have its cards in, from comfortable to dense; `row`: of figures. */
export const DENSITIES = [
    { name: "wide", width: 256, padding: 12, lines: 2, thumbnail: 52, row: 31 },
    { name: "middle", width: 208, padding: 10, lines: 2, thumbnail: 0, row: 46 },
    { name: "dense", width: 172, padding: 8, lines: 3, thumbnail: 0, row: 46 },
];

const HEAD = 26;

let context;
let family;
const measured = new Map();

function widthOf(text, font) {
    const id = `${font}|${text}`;
    if (!measured.has(id)) {
        context = context || document.createElement("canvas").getContext("2d");
        family = family || getComputedStyle(document.body).fontFamily;
        context.font = `${font} ${family}`;
        measured.set(id, context.measureText(text).width * SLACK);
    }
    return measured.get(id);
}

/** Return how many lines a text takes, at most so many. */
export function linesOf(text, font, width, most) {
    if (!text) {
        return 0;
    }
    let lines = 1;
    let used = 0;
    for (const word of text.split(/\s+/)) {
        const length = widthOf(word, font);
        const space = used ? 4 : 0;
        if (used + space + length > width && used) {
            lines += 1;
            used = 0;
        }
        // a word longer than a line is broken
        lines += Math.max(0, Math.ceil(length / width) - 1);
        used = length > width ? length % width : used + (used ? space : 0) + length;
        if (lines >= most) {
            return most;
        }
    }
    return lines;
}

/**
 * Return the size of a card.
 *
 * @param {Object} card
 * @param {Object} density one of `DENSITIES`
 * @param {boolean} hasFigures whether it has a row of figures
 */
export function sizeOf(card, density, hasFigures) {
    const { width, padding } = density;
    const inner = width - 2 * padding;
    const problems = problemLines(card, inner);
    if (card.shape === "pill") {
        const text = widthOf(card.summary || card.title, "12.5px") + 2 * padding + 34;
        const wide = Math.min(width, Math.max(text + (hasFigures ? 56 : 0), 120));
        const lines = linesOf(card.summary || card.title, "12.5px", wide - 2 * padding - 30, 2);
        return { width: problems ? width : wide, height: 16 + lines * LINE + problems };
    }
    const beside = card.thumbnail && density.thumbnail ? density.thumbnail + 8 : 0;
    const summary = linesOf(card.summary, "12px", inner - beside, density.lines) * SMALL_LINE;
    const body = Math.max(HEAD + summary, beside ? 62 : 0);
    const goal = card.goal ? SMALL_LINE + 2 : 0;
    const row = hasFigures ? density.row : 0;
    return { width, height: 2 * (padding - 1) + body + goal + problems + row };
}

function problemLines(card, inner) {
    const [problem, ...more] = card.problems || [];
    if (!problem) {
        return 0;
    }
    return 6 + (linesOf(problem, "12px", inner - 18, 3) + (more.length ? 1 : 0)) * SMALL_LINE;
}
