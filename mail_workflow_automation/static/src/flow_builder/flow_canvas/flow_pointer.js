import { useExternalListener, onWillUnmount } from "@odoo/owl";

const NEAR = 6; // pixels a pointer may tremble before it moves something
const HOLD = 350; // milliseconds a finger rests on a card before it takes it along
const BORDER = 44; // so near to the border, a card that is dragged moves the drawing
const STEP = 9;

/**
 * Mouse, pen and fingers on the drawing: the ground is moved, two fingers zoom, a card or a branch
 * is taken along.
 *
 * @param {Object} options
 * @param {{el: HTMLElement}} options.root
 * @param {FlowViewport} options.viewport
 * @param {(target: HTMLElement) => any} options.takes what a drag from there takes along, or null
 * @param {(what: any, target: HTMLElement) => void} options.onTake
 * @param {(x: number, y: number) => void} options.onCarry with a point on the drawing's screen
 * @param {(isDropped: boolean) => void} options.onLetGo
 * @returns {{onPointerDown: (ev: PointerEvent) => void, onWheel: (ev: WheelEvent) => void,
 *     onClick: (ev: MouseEvent) => void}}
 */
export function useFlowPointer({ root, viewport, takes, onTake, onCarry, onLetGo }) {
    const pointers = new Map();
    let gesture = null; // "press", "pan", "carry" or "pinch"
    let pressed = null;
    let holdTimer = null;
    let frame = null;
    let wasMoved = false;

    const point = (ev) => {
        const { left, top } = root.el.getBoundingClientRect();
        return { x: ev.clientX - left, y: ev.clientY - top };
    };

    function end(isDropped) {
        clearTimeout(holdTimer);
        cancelAnimationFrame(frame);
        frame = null;
        if (gesture === "carry") {
            onLetGo(isDropped);
        }
        gesture = null;
        pressed = null;
    }

    function carry() {
        gesture = "carry";
        onTake(pressed.what, pressed.target, pressed.last);
        frame = requestAnimationFrame(follow);
    }

    /** Once a frame: where the card is, and whether the drawing has to move under it. */
    function follow() {
        if (gesture !== "carry") {
            return;
        }
        const { width, height } = viewport.screen;
        const { x, y } = pressed.last;
        const push = (at, size) => (at < BORDER ? STEP : at > size - BORDER ? -STEP : 0);
        const [across, down] = [push(x, width), push(y, height)];
        if (across || down) {
            viewport.panBy(across, down);
        }
        onCarry(x, y);
        frame = requestAnimationFrame(follow);
    }

    function pinch(ev) {
        const before = [...pointers.values()];
        pointers.set(ev.pointerId, point(ev));
        const after = [...pointers.values()];
        const span = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y) || 1;
        const middle = ([one, other]) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
        const [from, to] = [middle(before), middle(after)];
        viewport.panBy(to.x - from.x, to.y - from.y);
        viewport.zoomBy(span(after) / span(before), to.x, to.y);
    }

    function onPointerDown(ev) {
        if (ev.button > 1 || ev.target.closest("input, .o_mail_workflow_fixed")) {
            return;
        }
        wasMoved = false;
        pointers.set(ev.pointerId, point(ev));
        if (pointers.size === 2) {
            end(false);
            gesture = "pinch";
            return;
        }
        const isTouch = ev.pointerType === "touch";
        const what = ev.button === 0 ? takes(ev.target) : null;
        pressed = { first: point(ev), last: point(ev), target: ev.target, what, isTouch };
        gesture = "press";
        if (isTouch && what) {
            holdTimer = setTimeout(carry, HOLD);
        }
    }

    function onPointerMove(ev) {
        if (!pointers.has(ev.pointerId)) {
            return;
        }
        if (gesture === "pinch") {
            pinch(ev);
            return;
        }
        const at = point(ev);
        pointers.set(ev.pointerId, at);
        if (!pressed) {
            return;
        }
        const { first, last, what, isTouch } = pressed;
        pressed.last = at;
        if (gesture === "press" && Math.hypot(at.x - first.x, at.y - first.y) > NEAR) {
            clearTimeout(holdTimer);
            wasMoved = true;
            if (what && !isTouch) {
                carry();
            } else {
                gesture = "pan";
            }
        }
        if (gesture === "pan") {
            viewport.panBy(at.x - last.x, at.y - last.y);
        }
        if (gesture !== "press") {
            wasMoved = true;
        }
    }

    function onPointerUp(ev) {
        if (!pointers.delete(ev.pointerId)) {
            return;
        }
        end(ev.type === "pointerup");
    }

    function onWheel(ev) {
        if (ev.target.closest(".o_mail_workflow_fixed")) {
            return;
        }
        ev.preventDefault();
        if (ev.ctrlKey || ev.metaKey) {
            const { x, y } = point(ev);
            viewport.zoomBy(Math.exp(-ev.deltaY / 240), x, y);
        } else {
            const [across, down] = ev.shiftKey ? [ev.deltaY, 0] : [ev.deltaX, ev.deltaY];
            viewport.panBy(-across, -down);
        }
    }

    /** A move of the pointer is no click on where it ends. */
    function onClick(ev) {
        const isByPointer = ev.detail > 0;
        if (wasMoved && isByPointer) {
            wasMoved = false;
            ev.stopPropagation();
            ev.preventDefault();
        }
    }

    /** Escape lets go; it does not close the panel as well. */
    function onKeydown(ev) {
        if (ev.key === "Escape" && gesture === "carry") {
            ev.stopPropagation();
            end(false);
        }
    }

    useExternalListener(window, "keydown", onKeydown, { capture: true });
    useExternalListener(window, "pointermove", onPointerMove);
    useExternalListener(window, "pointerup", onPointerUp);
    useExternalListener(window, "pointercancel", onPointerUp);
    onWillUnmount(() => end(false));
    return { onPointerDown, onWheel, onClick };
}
