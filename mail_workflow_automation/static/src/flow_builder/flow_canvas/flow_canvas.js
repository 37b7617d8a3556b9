import {
    Component,
    markRaw,
    onMounted,
    onPatched,
    onWillUnmount,
    useEffect,
    useRef,
    useState,
} from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { FlowCard } from "../flow_card/flow_card";
import { layOut } from "../flow_layout";
import { FlowMinimap } from "../flow_minimap/flow_minimap";
import { DENSITIES, sizeOf } from "../flow_sizes";
import {
    ENTRY,
    cardItem,
    itemNear,
    itemTowards,
    labelItem,
    parseItem,
    placeBelow,
} from "../flow_steps";
import { useFlowCarry } from "./flow_carry";
import { FlowViewport } from "./flow_viewport";

const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];
const FAR = 0.45; // below this zoom the cards show no small print
const PANEL = 400; // width the panel takes on a large screen

/** The drawing: cards, lines, places to add to; moved, zoomed, and walked through by keyboard. */
export class FlowCanvas extends Component {
    static template = "mail_workflow_automation.FlowCanvas";
    static components = { FlowCard, FlowMinimap };
    static props = {
        session: Object,
        tick: Number,
        figures: { type: [Object, { value: null }], optional: true },
        isEditable: Boolean,
        selected: { type: [String, { value: null }], optional: true },
        renaming: { type: [String, { value: null }], optional: true },
        commands: Object,
        register: Function,
    };

    setup() {
        this.root = useRef("root");
        this.layer = useRef("layer");
        this.state = useState({ active: ENTRY, window: null, carried: null, percent: 100 });
        this.viewport = new FlowViewport(() => this.onViewMoved());
        this.minimap = { move: () => {} };
        this.wantsFocus = false;
        this.pointer = useFlowCarry(this);
        const observer = new ResizeObserver(() => this.onResized());
        onMounted(() => {
            this.measure();
            this.home();
            observer.observe(this.root.el);
            this.props.register(this);
        });
        onPatched(() => {
            this.stayNear();
            this.focusActive();
        });
        onWillUnmount(() => observer.disconnect());
        useEffect(
            (selected) => {
                if (selected) {
                    this.state.active = selected;
                    this.reveal(selected);
                }
            },
            () => [this.props.selected]
        );
    }

    // --- what is drawn --------------------------------------------------------------------------

    get model() {
        return this.props.session.model;
    }

    get flow() {
        return this.props.session.flow;
    }

    /** Return the layout, made anew only when something in it has changed. */
    get layout() {
        const { session, tick, figures } = this.props;
        const room = this.room();
        const made = this.made;
        if (!made || made.tick !== tick || made.figures !== figures || made.room !== room) {
            this.made = { tick, figures, room, layout: this.layOut(session, room) };
            this.viewport.drawing = this.made.layout;
        }
        return this.made.layout;
    }

    /** Return the width that the drawing is to fit into: there is always room for the panel. */
    room() {
        const width = this.root.el?.parentElement.clientWidth || window.innerWidth;
        return width - (this.env.isSmall ? 24 : PANEL + 48);
    }

    layOut(session, room) {
        const { steps } = this.model.definition;
        let layout;
        for (const density of DENSITIES) {
            layout = layOut(steps, {
                sizeOf: (step) => this.sizeOf(step, density),
                branches: (step) => session.branches(step),
                mayFollow: (step) => session.mayFollow(step),
                mirrored: localization.direction === "rtl",
                laneWidth: 120,
            });
            layout.density = density;
            if (layout.width <= room) {
                break;
            }
        }
        layout.positions = new Map([
            ...layout.nodes.map((node) => [
                cardItem(node.key),
                { x: node.x + node.width / 2, y: node.y + node.height / 2, node },
            ]),
            ...layout.labels.map((label) => [
                labelItem(label.place),
                { x: label.x, y: label.y, label },
            ]),
        ]);
        return markRaw(layout);
    }

    sizeOf(step, density) {
        const { session } = this.props;
        const key = step ? step.key : null;
        const card = session.card(key);
        const figures = this.figuresOf(key);
        const hasRow = figures && (card.shape !== "pill" || figures.waiting > 0);
        return sizeOf(card, density, Boolean(hasRow));
    }

    /** Return the part of the layout that is in view, or nearly. */
    get shown() {
        const { layout } = this;
        const view = this.state.window;
        if (!view) {
            return { nodes: [], edges: [], pluses: [], labels: [] };
        }
        const across = (left, right) => left <= view.right && right >= view.left;
        const down = (top, bottom) => top <= view.bottom && bottom >= view.top;
        const isNear = ({ x, y }) => across(x, x) && down(y, y);
        const { active } = this.state;
        return {
            nodes: layout.nodes.filter(
                (node) =>
                    cardItem(node.key) === active ||
                    (across(node.x, node.x + node.width) && down(node.y, node.y + node.height))
            ),
            edges: layout.edges.filter(
                (edge) => across(edge.x1, edge.x2) && down(edge.y1, edge.y2)
            ),
            pluses: this.props.isEditable ? layout.pluses.filter(isNear) : [],
            labels: layout.labels.filter(
                (label) => labelItem(label.place) === active || isNear(label)
            ),
        };
    }

    figuresOf(key) {
        const { figures } = this.props;
        return (key === null ? figures?.entry : figures?.cards?.[key]) || null;
    }

    labelOf({ place }) {
        const { session, figures } = this.props;
        const branch = session.branch(this.model.step(place.parent), place.branch);
        const ways = figures?.branches?.[place.parent] || {};
        const isUsed = Object.values(ways).some((way) => way.count > 0);
        const share = Math.round((ways[place.branch]?.share || 0) * 100);
        const percent = isUsed ? ` · ${share} %` : "";
        return { ...branch, text: branch.label + percent, item: labelItem(place) };
    }

    plusTitle(plus) {
        const list = this.model.list(plus.place);
        const before = list[plus.place.index - 1];
        const { parent, branch } = plus.place;
        if (before) {
            return _t("Add a step after “%(step)s”", {
                step: this.props.session.card(before.key).title,
            });
        }
        if (parent === null) {
            return _t("Add a first step");
        }
        const owner = this.model.step(parent);
        return _t("Add a step to the branch “%(branch)s” of “%(step)s”", {
            branch: this.props.session.branch(owner, branch).label,
            step: this.props.session.card(parent).title,
        });
    }

    isBelowActive(plus) {
        const item = this.state.active;
        return Boolean(this.layout.positions.has(item)) && this.samePlace(plus.place, item);
    }

    samePlace(place, item) {
        const below = placeBelow(this.model, item);
        return ["parent", "branch", "index"].every((name) => below[name] === place[name]);
    }

    // --- what is in view ------------------------------------------------------------------------

    measure() {
        const { clientWidth: width, clientHeight: height } = this.root.el;
        this.viewport.screen = { width, height };
        this.viewport.drawing = this.layout;
    }

    home() {
        const [entry] = this.layout.nodes;
        this.viewport.home(entry.x + entry.width / 2);
    }

    onResized() {
        const before = this.viewport.screen.width;
        this.measure();
        this.viewport.panBy((this.viewport.screen.width - before) / 2, 0);
        this.state.window = this.widened();
        if (this.props.selected) {
            this.reveal(this.props.selected);
        }
    }

    /** A browser scrolls to what gets the focus: here the drawing moves, not what holds it. */
    onScroll() {
        const { scrollLeft, scrollTop } = this.root.el;
        if (scrollLeft || scrollTop) {
            this.root.el.scrollTo(0, 0);
            this.viewport.panBy(-scrollLeft, -scrollTop);
        }
    }

    /** Move what is drawn; draw more once the view leaves what was drawn for it. */
    onViewMoved() {
        const { x, y, zoom, seen } = this.viewport;
        const { el } = this.root;
        if (!el) {
            return;
        }
        el.style.setProperty("--flow-x", `${x}px`);
        el.style.setProperty("--flow-y", `${y}px`);
        el.style.setProperty("--flow-zoom", zoom);
        el.classList.toggle("o_far", zoom < FAR);
        this.minimap.move(seen);
        const percent = Math.round(zoom * 100);
        if (percent !== this.state.percent) {
            this.state.percent = percent;
        }
        const view = this.state.window;
        const isIn =
            view &&
            seen.left >= view.left &&
            seen.top >= view.top &&
            seen.right <= view.right &&
            seen.bottom <= view.bottom;
        if (!isIn) {
            this.state.window = this.widened();
        }
    }

    /** Return what is in view and half as much around it. */
    widened() {
        const { left, top, right, bottom } = this.viewport.seen;
        const [across, down] = [(right - left) / 2, (bottom - top) / 2];
        return markRaw({
            left: left - across,
            top: top - down,
            right: right + across,
            bottom: bottom + down,
        });
    }

    reveal(item) {
        const at = this.layout.positions.get(item);
        if (at) {
            const box = at.node || { x: at.x - 60, y: at.y - 14, width: 120, height: 28 };
            this.viewport.reveal(box);
        }
    }

    /** Put the keyboard on an item, moving it into view. */
    focus(item) {
        this.state.active = item;
        this.reveal(item);
        this.wantsFocus = true;
        this.focusActive();
    }

    /** Put the keyboard back on the item it was on, wherever that is. */
    focusAgain() {
        this.wantsFocus = true;
        this.focusActive();
    }

    /** From an item that is gone (by an undo, say) the keyboard goes to the nearest. */
    stayNear() {
        const { positions } = this.layout;
        const isUpToDate = this.made.tick === this.props.session.tick;
        if (isUpToDate && !positions.has(this.state.active)) {
            this.state.active = itemNear(positions, this.activeAt || positions.get(ENTRY));
        }
        this.activeAt = positions.get(this.state.active) || this.activeAt;
    }

    focusActive() {
        const { active } = this.state;
        const element = this.wantsFocus && this.elementOf(active);
        if (element) {
            this.wantsFocus = false;
            element.focus({ preventScroll: true });
        }
    }

    elementOf(item) {
        return this.root.el?.querySelector(`[data-item="${CSS.escape(item)}"]`);
    }

    /** Return the plus right below an item. */
    plusBelow(item) {
        this.reveal(item);
        const plus = this.layout.pluses.find((one) => this.samePlace(one.place, item));
        return plus && this.elementOfPlus(plus);
    }

    elementOfPlus(plus) {
        return this.root.el.querySelector(`[data-plus="${CSS.escape(plus.id)}"]`);
    }

    // --- keyboard and clicks --------------------------------------------------------------------

    onKeydown(ev) {
        const item = this.state.active;
        const isPress = ev.key === "Enter" || ev.key === " ";
        if (ev.target.closest("input") || (isPress && ev.target.closest("button"))) {
            return;
        }
        const isOnItem = ev.target === this.root.el || ev.target.closest("[data-item]");
        const isTravel = (ev.ctrlKey || ev.metaKey) && ["z", "y"].includes(ev.key.toLowerCase());
        if (!isOnItem && !isTravel) {
            return; // the tools and the minimap have keys of their own
        }
        if (ARROWS.includes(ev.key)) {
            const next = itemTowards(this.model, this.layout.positions, item, ev.key);
            if (next) {
                this.focus(next);
            }
        } else if (!this.props.commands.onKey(ev, item, this)) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }

    onFocusin(ev) {
        const item = ev.target.closest("[data-item]")?.dataset.item;
        if (item && item !== this.state.active) {
            this.state.active = item;
        }
    }

    onItemClick(item) {
        this.state.active = item;
        this.props.commands.open(item);
    }

    onPlusClick(ev, plus) {
        this.props.commands.add(plus.place, ev.currentTarget);
    }

    // --- taking along ---------------------------------------------------------------------------

    /** Tell whether what is carried cannot be put there. */
    isForbidden(plus) {
        const { carried } = this.state;
        if (!carried) {
            return false;
        }
        const { key, place } = parseItem(carried);
        const keys = place ? this.model.list(place).map((step) => step.key) : [key];
        return keys.some((one) => this.model.isInside(plus.place, one));
    }
}
