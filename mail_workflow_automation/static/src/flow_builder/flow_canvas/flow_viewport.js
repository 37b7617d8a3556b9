const MOST = 1.6;
const LEAST = 0.08;
const EDGE = 48; // how much of a drawing always stays in view, and the room left around it

/** Which part of a drawing is seen: a point of it stands on the screen at `point * zoom + (x, y)`. */
export class FlowViewport {
    /** @param {() => void} onChange called after each move */
    constructor(onChange) {
        this.onChange = onChange;
        this.x = 0;
        this.y = 0;
        this.zoom = 1;
        this.screen = { width: 1, height: 1 };
        this.drawing = { width: 1, height: 1 };
    }

    /** Return the part that is seen, in the drawing's own measure. */
    get seen() {
        return {
            left: -this.x / this.zoom,
            top: -this.y / this.zoom,
            right: (this.screen.width - this.x) / this.zoom,
            bottom: (this.screen.height - this.y) / this.zoom,
        };
    }

    toDrawing(x, y) {
        return { x: (x - this.x) / this.zoom, y: (y - this.y) / this.zoom };
    }

    toScreen(x, y) {
        return { x: x * this.zoom + this.x, y: y * this.zoom + this.y };
    }

    panBy(x, y) {
        this._set(this.x + x, this.y + y, this.zoom);
    }

    /** Zoom around a point of the screen, its middle by default. */
    zoomBy(factor, x = this.screen.width / 2, y = this.screen.height / 2) {
        const zoom = Math.min(MOST, Math.max(LEAST, this.zoom * factor));
        const ratio = zoom / this.zoom;
        this._set(x - (x - this.x) * ratio, y - (y - this.y) * ratio, zoom);
    }

    /** Show the whole drawing. */
    fit() {
        const { width, height } = this.screen;
        const zoom = Math.min(
            1,
            (width - EDGE) / this.drawing.width,
            (height - EDGE) / this.drawing.height
        );
        this._show(Math.max(zoom, LEAST));
    }

    /** Show the drawing from its top, in its whole width as far as it stays readable. */
    home(middle) {
        const { width } = this.screen;
        const zoom = Math.min(1, Math.max((width - EDGE) / this.drawing.width, 0.7));
        this._show(zoom);
        if (this.drawing.width * zoom > width) {
            this._set(width / 2 - middle * zoom, this.y, zoom);
        }
    }

    /** Move as little as needed to show a part of the drawing. */
    reveal({ x, y, width, height }) {
        const start = this.toScreen(x, y);
        const end = this.toScreen(x + width, y + height);
        const move = (from, to, size) =>
            from < EDGE ? EDGE - from : to > size - EDGE ? Math.max(size - EDGE - to, EDGE - from) : 0;
        this.panBy(
            move(start.x, end.x, this.screen.width),
            move(start.y, end.y, this.screen.height)
        );
    }

    /** Show a point of the drawing in the middle of the screen. */
    center({ x, y }) {
        this._set(
            this.screen.width / 2 - x * this.zoom,
            this.screen.height / 2 - y * this.zoom,
            this.zoom
        );
    }

    _show(zoom) {
        const left = (this.screen.width - this.drawing.width * zoom) / 2;
        this._set(left, EDGE / 2, zoom);
    }

    _set(x, y, zoom) {
        const { width, height } = this.drawing;
        const within = (value, size, screen) =>
            Math.min(screen - EDGE, Math.max(EDGE - size * zoom, value));
        this.x = within(x, width, this.screen.width);
        this.y = within(y, height, this.screen.height);
        this.zoom = zoom;
        this.onChange();
    }
}
