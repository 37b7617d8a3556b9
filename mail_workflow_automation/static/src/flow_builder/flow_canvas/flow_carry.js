import { ENTRY } from "../flow_steps";
import { useFlowPointer } from "./flow_pointer";

const NEAR = 90; // pixels from a plus within which something is dropped there

/**
 * A card or a branch taken along with the pointer: a picture of it follows, the plus it would be
 * dropped on is lit.
 *
 * @param {FlowCanvas} canvas
 */
export function useFlowCarry(canvas) {
    const { root, viewport, state } = canvas;
    let picture = null;
    let grip = null;
    let lit = null;

    function light(plus) {
        if (plus === lit) {
            return;
        }
        for (const element of root.el.querySelectorAll(".o_mail_workflow_plus.o_lit")) {
            element.classList.remove("o_lit");
        }
        lit = plus;
        if (plus) {
            canvas.elementOfPlus(plus)?.classList.add("o_lit");
        }
    }

    function nearest(x, y) {
        const at = viewport.toDrawing(x, y);
        let least = NEAR / Math.min(viewport.zoom, 1);
        let found = null;
        for (const plus of canvas.layout.pluses) {
            const distance = Math.hypot(plus.x - at.x, plus.y - at.y);
            if (distance < least) {
                least = distance;
                found = plus;
            }
        }
        return found;
    }

    return useFlowPointer({
        root,
        viewport,

        takes(target) {
            const item = canvas.props.isEditable && target.closest("[data-item]")?.dataset.item;
            return item && item !== ENTRY ? item : null;
        },

        onTake(item, target, at) {
            const element = target.closest("[data-item]");
            const { left, top } = element.getBoundingClientRect();
            const frame = root.el.getBoundingClientRect();
            grip = { x: at.x - (left - frame.left), y: at.y - (top - frame.top) };
            picture = element.cloneNode(true);
            picture.removeAttribute("data-item");
            picture.classList.add("o_ghost");
            root.el.append(picture);
            state.carried = item;
        },

        onCarry(x, y) {
            const place = `translate(${x - grip.x}px, ${y - grip.y}px)`;
            picture.style.transform = `${place} scale(${viewport.zoom})`;
            light(nearest(x, y));
        },

        onLetGo(isDropped) {
            const item = state.carried;
            const plus = lit;
            light(null);
            picture.remove();
            state.carried = null;
            if (isDropped && plus) {
                canvas.props.commands.move(item, plus.place);
            }
        },
    });
}
