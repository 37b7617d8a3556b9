import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { fuzzyLookup } from "@web/core/utils/search";

/** The kinds of steps, by category, to pick the next one from; typing narrows them down. */
export class FlowPalette extends Component {
    static template = "mail_workflow_automation.FlowPalette";
    static props = {
        kinds: Object,
        onPick: Function,
        onPaste: { type: Function, optional: true },
        close: { type: Function, optional: true },
    };

    setup() {
        this.root = useRef("root");
        this.search = useRef("search");
        this.state = useState({ text: "", at: 0 });
        useEffect(
            () => this.search.el.focus({ preventScroll: true }),
            () => []
        );
    }

    /** Return `[{category, label, kinds}]`, what fits the search best first. */
    get groups() {
        const kinds = Object.entries(this.props.kinds).map(([kind, entry]) => ({ kind, ...entry }));
        const groups = new Map();
        for (const kind of this.find(kinds, this.state.text)) {
            const { category, category_label: label } = kind;
            if (!groups.has(category)) {
                groups.set(category, { category, label, kinds: [] });
            }
            groups.get(category).kinds.push(kind);
        }
        return [...groups.values()];
    }

    /** Return the kinds called like a text, or else those whose help has it. */
    find(kinds, text) {
        if (!text) {
            return kinds;
        }
        const named = fuzzyLookup(text, kinds, (kind) => `${kind.label} ${kind.category_label}`);
        const word = text.toLowerCase();
        return named.length
            ? named
            : kinds.filter((kind) => (kind.help || "").toLowerCase().includes(word));
    }

    /** Return the kinds in the order in which they are shown. */
    get options() {
        return this.groups.flatMap((group) => group.kinds);
    }

    get current() {
        return this.options[Math.min(this.state.at, this.options.length - 1)]?.kind;
    }

    pick(kind) {
        if (!this.props.kinds[kind].unavailable) {
            this.props.close?.();
            this.props.onPick(kind);
        }
    }

    paste() {
        this.props.close?.();
        this.props.onPaste();
    }

    onInput(ev) {
        this.state.text = ev.target.value;
        this.state.at = 0;
    }

    onKeydown(ev) {
        const count = this.options.length;
        if (ev.key === "ArrowDown" || ev.key === "ArrowUp") {
            const by = ev.key === "ArrowDown" ? 1 : -1;
            this.state.at = count ? (this.state.at + by + count) % count : 0;
            const id = CSS.escape(this.current || "");
            this.root.el.querySelector(`[data-kind="${id}"]`)?.scrollIntoView({ block: "nearest" });
        } else if (ev.key === "Enter" && this.current) {
            this.pick(this.current);
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }
}
