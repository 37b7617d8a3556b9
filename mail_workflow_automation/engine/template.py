"""A mail text with slots that each reader fills. Pure."""

import re

# between these two slots stands what goes with a block: nothing is left of it without the block
SHELL, END = "shell", "end"


class Template:
    """A mail text, parsed once: fixed html between slots that each reader fills.

    ``slots`` has a ``(kind, name, default)`` for every slot: ``block``, ``link`` or ``field``, or
    the ``shell`` and ``end`` around the block of that name.
    ``text`` is the same in plain text, with the same slots.
    """

    def __init__(self, html, slots, token, text=""):
        self.parts = self._split(html, token)
        self.text_parts = self._split(text, token)
        self.slots = slots
        self.token = token

    def _split(self, content, token):
        """Return fixed parts and numbers of slots, in turns."""
        parts = re.split(rf"{token}(\d+)x", content)
        return [part if index % 2 == 0 else int(part) for index, part in enumerate(parts)]

    def fill(self, values):
        """Return the html of one reader.

        :param values: what stands in each slot, list of Markup
        """
        return self._fill(self.parts, values)

    def fill_text(self, values):
        """Return the plain text of one reader; ``values`` are plain, too."""
        return self._fill(self.text_parts, values)

    def _fill(self, parts, values):
        slots = zip(self.slots, values, strict=True)
        filled = {name for (_kind, name, _default), value in slots if value}
        found, without = [], None
        for part in parts:
            if isinstance(part, str):
                content = part
            else:
                kind, name, _default = self.slots[part]
                content = values[part]
                if kind == SHELL and without is None and name not in filled:
                    without = name
                elif kind == END and name == without:
                    without = None
            if without is None:
                found.append(content)
        return "".join(found)

    def names(self, kind):
        return {name for slot_kind, name, _default in self.slots if slot_kind == kind}
