"""How two trees of steps, as nested lists in the file format, differ. Pure Python, no recursion."""

import secrets
from dataclasses import dataclass
from difflib import SequenceMatcher

from .outcome import THEN


@dataclass(frozen=True)
class Placed:
    """A step of a file and where it stands.

    ``parent`` and ``branch`` name the step before and the outcome it hangs on, as the rows have it;
    ``owner`` and ``lane`` the step and branch whose list it stands in, ``path`` the place in the
    file.
    """

    key: str
    entry: dict
    parent: str | None
    branch: str
    owner: str | None
    lane: str
    path: str


def flatten(steps: list) -> dict[str, Placed]:
    """Return the steps of nested lists by key, who comes before before who comes after.

    A step without a key is given one.
    """
    found, stack = {}, [("steps", steps, None, THEN)]
    while stack:
        path, entries, owner, lane = stack.pop()
        parent, branch = owner, lane
        for index, entry in enumerate(entries):
            where = f"{path}[{index}]"
            key = entry.get("key") or secrets.token_hex(3)
            found[key] = Placed(key, entry, parent, branch, owner, lane, where)
            for name, sub in entry.get("branches", {}).items():
                stack.append((f"{where}.branches.{name}.steps", sub.get("steps", []), key, name))
            parent, branch = key, THEN
    return found


def is_same(one: dict, other: dict) -> bool:
    """Tell whether two entries say the same of a step, whatever stands in its branches."""
    if _own(one) != _own(other):
        return False
    ways, others = _ways(one), _ways(other)
    # a file can leave branches out that have nothing in them
    return ways == others or (None in (ways, others) and not _says(ways) and not _says(others))


def _own(entry):
    return {name: value for name, value in entry.items() if name not in ("key", "branches")}


def _ways(entry):
    if "branches" not in entry:
        return None
    return [
        (name, {key: value for key, value in branch.items() if key != "steps"})
        for name, branch in entry["branches"].items()
    ]


def _says(ways):
    return any(rest for _name, rest in ways or [])


def changed_steps(old: list, new: list) -> dict[str, str]:
    """Return ``{key: "added" | "changed" | "moved" | "removed"}`` of the steps that differ.

    A step is moved when it stands in another list, or in another order among those that stayed; a
    step of another kind is removed, and added under the same key.
    """
    before, after = flatten(old), flatten(new)
    changes = dict.fromkeys((key for key in before if key not in after), "removed")
    staying = _staying(before, after)
    for key, placed in after.items():
        known = before.get(key)
        if known is None or known.entry["kind"] != placed.entry["kind"]:
            changes[key] = "added"
        elif not is_same(known.entry, placed.entry):
            changes[key] = "changed"
        elif key not in staying:
            changes[key] = "moved"
    return changes


def _staying(before, after):
    """Return the keys that stand in the same list as before, in the same order."""
    lists = _lists(after)
    staying = set()
    for place, keys in _lists(before).items():
        others = lists.get(place, [])
        here = [key for key in keys if key in others]
        there = [key for key in others if key in keys]
        for block in SequenceMatcher(None, here, there, autojunk=False).get_matching_blocks():
            staying.update(here[block.a : block.a + block.size])
    return staying


def _lists(found):
    lists = {}
    for key, placed in found.items():
        lists.setdefault((placed.owner, placed.lane), []).append(key)
    return lists
