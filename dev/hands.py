"""Keys, a mouse and fingers on a page of `dev.browser`, sent by the browser's own means.

What arrives in the page are events of a person: trusted, with the focus moving along, fingers
turning into taps and drags by the browser's own rules.
"""

import json
import time

MODIFIERS = {"Alt": 1, "Ctrl": 2, "Meta": 4, "Shift": 8}
CODES = {
    **{"Backspace": 8, "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36},
    **{"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40},
    **{"Insert": 45, "Delete": 46, "F2": 113},
}
MIDDLE = """
(() => {
    let root = document;
    const elements = %s.map((selector) => {
        const element = root.querySelector(selector);
        root = element.contentDocument;
        return element;
    });
    elements.at(-1).scrollIntoView({block: "nearest", inline: "nearest"});
    const boxes = elements.map((element) => element.getBoundingClientRect());
    const { width, height } = boxes.at(-1);
    const sum = (name) => boxes.reduce((total, box) => total + box[name], 0);
    return [sum("x") + width / 2, sum("y") + height / 2];
})()
"""
MOVES = 12  # steps of a drag: a page must see it coming


class Hands:
    """What a person does to a page: `Hands(browser).press("Shift+Tab")`."""

    def __init__(self, browser):
        self.browser = browser

    # --- keys -------------------------------------------------------------------------------------

    def press(self, *chords):
        """Press keys one after the other: "Tab", "Shift+Tab", "Ctrl+z", "a"."""
        for chord in chords:
            *modifiers, key = chord.split("+") if len(chord) > 1 else [chord]
            self._key(key, sum(MODIFIERS[name] for name in modifiers))

    def write(self, text):
        """Type a text, key by key."""
        for character in text:
            self._key(character, 0)

    def _key(self, key, modifiers):
        # the codes of signs are those of other keys: 33 is "!" and Page Up
        code = CODES.get(key) or (ord(key.upper()) if key.isalnum() else 0)
        name = f"Key{key.upper()}" if key.isalpha() and len(key) == 1 else key
        event = {
            "key": key,
            "code": {" ": "Space"}.get(key, name),
            "windowsVirtualKeyCode": code if code < 128 else 0,
            "modifiers": modifiers,
        }
        is_command = modifiers & (MODIFIERS["Ctrl"] | MODIFIERS["Alt"] | MODIFIERS["Meta"])
        text = "\r" if key == "Enter" else key if len(key) == 1 and not is_command else ""
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.browser.call("Input.dispatchKeyEvent", **event, **down)
        self.browser.call("Input.dispatchKeyEvent", **event, type="keyUp")

    # --- the mouse --------------------------------------------------------------------------------

    def drag(self, source, target):
        """Drag one element onto another with the mouse; both are CSS selectors."""
        start, end = self.middle(source), self.middle(target)
        self._mouse("mouseMoved", start, 0)
        self._mouse("mousePressed", start)
        for point in _way(start, end):
            self._mouse("mouseMoved", point)
            self._frame()
        self._mouse("mouseReleased", end, 0)

    def click(self, *path):
        """Click an element; what stands before its selector are those of the frames around it."""
        point = self.middle(*path)
        self._mouse("mouseMoved", point, 0)
        self._mouse("mousePressed", point)
        self._mouse("mouseReleased", point, 0)

    def drop(self, path, selector):
        """Drop a file of this machine on an element."""
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            x, y = self.middle(selector)
            self.browser.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
            self._frame()

    def _mouse(self, kind, point, buttons=1):
        x, y = point
        button = "none" if kind == "mouseMoved" and not buttons else "left"
        event = {"x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1}
        self.browser.call("Input.dispatchMouseEvent", type=kind, **event)

    # --- fingers ----------------------------------------------------------------------------------

    def tap(self, selector):
        """Tap an element with a finger."""
        self._touch("touchStart", self.middle(selector))
        self._touch("touchEnd")

    def swipe(self, start, end):
        """Move one finger from a point to another."""
        self._touch("touchStart", start)
        for point in _way(start, end):
            self._touch("touchMove", point)
            self._frame()
        self._touch("touchEnd")

    def hold_and_drag(self, source, target, is_taken):
        """Rest a finger on an element until the page takes it along (a JavaScript expression says
        so), then move it to another."""
        start = self.middle(source)
        self._touch("touchStart", start)
        self.wait(is_taken)
        for point in _way(start, self.middle(target)):
            self._touch("touchMove", point)
            self._frame()
        self._touch("touchEnd")

    def pinch(self, middle, spread):
        """Move two fingers apart around a point, `spread` times as far as they began."""
        x, y = middle

        def fingers(distance):
            return (x, y - distance), (x, y + distance)

        self._touch("touchStart", fingers(40)[0])
        self._touch("touchStart", *fingers(40))
        for step in range(1, MOVES + 1):
            self._touch("touchMove", *fingers(40 * (1 + (spread - 1) * step / MOVES)))
            self._frame()
        self._touch("touchEnd")

    def _touch(self, kind, *points):
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=places)

    # --- looking ----------------------------------------------------------------------------------

    def middle(self, *path):
        """Return the middle of an element on the screen, which may stand in frames."""
        return self.browser.evaluate(MIDDLE % json.dumps(path))

    def rest(self, *path):
        """Wait until an element stays where it is."""
        before, here = None, self.middle(*path)
        while here != before:
            self._frame()
            before, here = here, self.middle(*path)

    def wait(self, condition, limit=30):
        """Wait until a JavaScript expression is true; return its value."""
        deadline = time.monotonic() + limit
        while not (value := self.browser.evaluate(condition)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {limit} s: {condition}")
            self._frame()
        return value

    def _frame(self):
        self.browser.evaluate("new Promise((done) => requestAnimationFrame(() => done(true)))")


def _way(start, end):
    """Return the points on the way from one point to another."""
    shares = [step / MOVES for step in range(1, MOVES + 1)]
    return [tuple(a + (b - a) * share for a, b in zip(start, end, strict=True)) for share in shares]
