"""A mail text with slots that each reader fills. Pure."""

import re


class Template:
    """A mail text, parsed once: fixed html between slots that each reader fills.

    ``slots`` has a ``(kind, name, default)`` for every slot: ``block``, ``link`` or ``field``.
    """

    def __init__(self, html, slots, token):
        self.parts = re.split(rf"{token}(\d+)x", html)
        self.slots = slots
        self.token = token

    def fill(self, values):
        """Return the html of one reader.

        :param values: called with each slot, returns Markup
        """
        out = []
        for index, part in enumerate(self.parts):
            out.append(part if index % 2 == 0 else values(self.slots[int(part)]))
        return "".join(out)

    def names(self, kind):
        return {name for slot_kind, name, _default in self.slots if slot_kind == kind}
