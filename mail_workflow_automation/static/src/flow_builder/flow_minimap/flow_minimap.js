import { Component, onMounted, onPatched, useRef } from "@odoo/owl";
import { cardItem } from "../flow_steps";

const SIZE = { width: 150, height: 104 };
const MARGIN = 8;
const MOST = 0.14; // a short drawing is not blown up

/** The whole drawing in a corner, with a frame around what is in view. */
export class FlowMinimap extends Component {
    static template = "mail_workflow_automation.FlowMinimap";
    static props = {
        layout: Object,
        card: Function,
        selected: { type: [String, { value: null }], optional: true },
        register: Function,
        onMove: Function,
    };

    setup() {
        this.root = useRef("root");
        this.frame = useRef("frame");
        this.content = useRef("content");
        this.size = SIZE;
        this.seen = null;
        this.start = { x: 0, y: 0 };
        onMounted(() => {
            this.props.register(this);
            this.move(this.seen);
        });
        onPatched(() => this.move(this.seen));
    }

    /** The whole drawing, unless it is so long that nothing would be seen of it. */
    get scale() {
        const { width, height } = this.props.layout;
        const wide = Math.min((SIZE.width - 2 * MARGIN) / width, MOST);
        return Math.max(Math.min(wide, (SIZE.height - 2 * MARGIN) / height), Math.min(wide, 44 / width));
    }

    get boxes() {
        return this.props.layout.nodes.map((node) => ({
            ...node,
            key: node.key ?? "",
            isSelected: cardItem(node.key) === this.props.selected,
            hasProblem: Boolean(this.props.card(node.key).problems?.length),
        }));
    }

    /** Put the frame around a part of the drawing; a long drawing moves along. */
    move(seen) {
        this.seen = seen;
        if (!seen || !this.frame.el) {
            return;
        }
        const { scale } = this;
        const { width, height } = this.props.layout;
        const room = SIZE.height - 2 * MARGIN;
        const middle = ((seen.top + seen.bottom) / 2) * scale;
        const y =
            height * scale <= room
                ? MARGIN
                : Math.min(MARGIN, Math.max(MARGIN + room - height * scale, SIZE.height / 2 - middle));
        this.start = { x: (SIZE.width - width * scale) / 2, y };
        const place = `translate(${this.start.x} ${y}) scale(${scale})`;
        this.content.el.setAttribute("transform", place);
        const left = Math.max(1, this.start.x + seen.left * scale);
        const top = Math.max(1, y + seen.top * scale);
        const right = Math.min(SIZE.width - 1, this.start.x + seen.right * scale);
        const bottom = Math.min(SIZE.height - 1, y + seen.bottom * scale);
        for (const [name, value] of Object.entries({
            x: left,
            y: top,
            width: Math.max(right - left, 4),
            height: Math.max(bottom - top, 4),
        })) {
            this.frame.el.setAttribute(name, value);
        }
    }

    onPointer(ev) {
        if (ev.type === "pointermove" && !ev.buttons) {
            return;
        }
        const { left, top } = this.root.el.getBoundingClientRect();
        const { scale, start } = this;
        this.props.onMove({
            x: (ev.clientX - left - start.x) / scale,
            y: (ev.clientY - top - start.y) / scale,
        });
    }
}
