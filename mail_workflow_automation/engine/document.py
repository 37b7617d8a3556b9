"""A JSON document from outside: read without trust, looked through without recursion."""

import json
import math
import re

MAX_NESTING = 200
MAX_WHOLE = 10**15
# what PostgreSQL does not take: NUL, and halves of surrogate pairs
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Pairs(dict):
    """A JSON object that remembers the keys it was given twice."""

    duplicates = ()

    @classmethod
    def of(cls, pairs):
        found = cls(pairs)
        if len(found) < len(pairs):
            names = [name for name, _value in pairs]
            found.duplicates = tuple(dict.fromkeys(n for n in names if names.count(n) > 1))
        return found


class TooDeepError(ValueError):
    """The text opens more brackets than any workflow does; ``line`` and ``column`` say where."""

    def __init__(self, line, column):
        self.line, self.column = line, column
        super().__init__(f"line {line}, column {column}")


def parse(text: str | bytes):
    """Read JSON.

    :raises ValueError: for what is no JSON
    :raises TooDeepError: for what is nested too deeply
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    place = _too_deep(text)
    if place:
        raise TooDeepError(*place)
    return json.loads(text, object_pairs_hook=Pairs.of)


def _too_deep(text):
    """Return ``(line, column)`` where a text goes deeper than allowed, or None."""
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return None
    depth, quoted, escaped = 0, False, False
    for position, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
            if depth > MAX_NESTING:
                before = text[:position]
                return before.count("\n") + 1, position - before.rfind("\n")
        elif char in "]}":
            depth -= 1
    return None


def first_flaw(document) -> tuple[str, str, object] | None:
    """Return the first value that no part of a file can be, as ``(path, flaw, detail)``.

    flaw         meaning
    -----------  -------------------------------------------------
    nesting      deeper than ``MAX_NESTING``
    duplicate    the same key twice in one object
    key          a key that is no text
    character    a character that cannot be stored
    number       not a number, infinite, or beyond all measure
    type         a value that JSON does not know
    """
    stack = [("", document, 1)]
    while stack:
        path, value, depth = stack.pop()
        if depth > MAX_NESTING:
            return path, "nesting", MAX_NESTING
        flaw = _flaw(value)
        if flaw:
            return path, *flaw
        if isinstance(value, dict):
            children = [(f"{path}.{key}" if path else key, one) for key, one in value.items()]
        elif isinstance(value, (list, tuple)):
            children = [(f"{path}[{index}]", one) for index, one in enumerate(value)]
        else:
            continue
        stack += [(where, one, depth + 1) for where, one in reversed(children)]
    return None


def _flaw(value):
    if isinstance(value, dict):
        return _flaw_of_keys(value)
    if isinstance(value, str):
        return ("character", None) if UNSTORABLE.search(value) else None
    if isinstance(value, bool) or value is None or isinstance(value, (list, tuple)):
        return None
    if isinstance(value, (int, float)):
        sane = math.isfinite(value) if isinstance(value, float) else abs(value) <= MAX_WHOLE
        return None if sane else ("number", None)
    return "type", type(value).__name__


def _flaw_of_keys(value):
    for key in value:
        if not isinstance(key, str):
            return "key", repr(key)
        if UNSTORABLE.search(key):
            return "character", None
    duplicates = getattr(value, "duplicates", ())
    return ("duplicate", duplicates[0]) if duplicates else None
