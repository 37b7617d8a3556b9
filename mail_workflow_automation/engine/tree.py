"""The tree of steps: which step follows which. Pure Python, no recursion."""

from dataclasses import dataclass

from .outcome import THEN


@dataclass(frozen=True)
class Node:
    """One step of the tree: ``parent`` is the step before, ``branch`` the outcome it hangs on."""

    id: int
    parent: int | None
    branch: str
    kind: str
    key: str
    target: int | None = None


class Tree:
    """The steps of a workflow as they run.

    ``then`` is the outcome of every step that has one next step; for a step with branches it is the
    place where they come together again.
    """

    def __init__(self, nodes):
        self.nodes = {node.id: node for node in nodes}
        self._children = {}
        for node in nodes:
            parent = node.parent if node.parent in self.nodes else None
            self._children.setdefault((parent, node.branch if parent else THEN), node.id)

    def first(self) -> int | None:
        """Return the step a run starts with."""
        return self._children.get((None, THEN))

    def child(self, step_id: int, branch: str) -> int | None:
        return self._children.get((step_id, branch))

    def following(self, step_id: int, branch: str = THEN) -> int | None:
        """Return the step after the given outcome of a step, None at the end of the workflow.

        A branch that is empty or at its end goes on where the branches come together.
        """
        found = self._children.get((step_id, branch))
        if found is None and branch != THEN:
            found = self._children.get((step_id, THEN))
        while found is None:
            owner = self.branch_owner(step_id)
            if owner is None:
                return None
            found = self._children.get((owner, THEN))
            step_id = owner
        return found

    def branch_owner(self, step_id: int) -> int | None:
        """Return the branching step in one of whose branches this step hangs, None at the top."""
        seen = set()
        node = self.nodes.get(step_id)
        while node is not None and node.id not in seen:
            seen.add(node.id)
            if node.parent not in self.nodes:
                return None
            if node.branch != THEN:
                return node.parent
            node = self.nodes[node.parent]
        return None

    def chain(self, step_id: int | None):
        """Yield a step and those that follow it by ``then`` in the same list."""
        while step_id is not None:
            yield step_id
            step_id = self._children.get((step_id, THEN))

    def branches(self, step_id: int) -> dict[str, int]:
        """Return ``{branch: first step}`` of the branches that have steps, without ``then``."""
        return {
            branch: child
            for (parent, branch), child in self._children.items()
            if parent == step_id and branch != THEN
        }

    def ordered(self) -> list[tuple[int, int]]:
        """Return ``[(step id, depth)]`` in reading order."""
        result, stack = [], [(self.first(), 0)]
        while stack:
            step_id, depth = stack.pop()
            if step_id is None:
                continue
            result.append((step_id, depth))
            stack.append((self._children.get((step_id, THEN)), depth))
            stack += [(child, depth + 1) for child in reversed(self.branches(step_id).values())]
        return result

    def loops_without(self, waiting: set[int], ways: dict | None = None) -> list[int]:
        """Return the ``goto`` steps that jump back with no waiting step in the loop.

        The steps a run can pass between the target and the jump are looked at; a loop is safe when
        every way through it meets a waiting step.

        :param waiting: ids of the steps that hold a run at every visit
        :param ways: ``{step id: outcomes it can have}``; a step that is missing can go every way
        """
        return [
            node.id
            for node in self.nodes.values()
            if node.target in self.nodes and self.reaches(node.target, node.id, waiting, ways or {})
        ]

    def reaches(self, start: int, goal: int, blocked: set[int], ways: dict) -> bool:
        """Tell whether a run can get from ``start`` to ``goal`` around the blocked steps."""
        return goal in self.reached(start, blocked, ways)

    def reached(self, start: int | None, blocked: set[int], ways: dict) -> set[int | None]:
        """Return the steps to which a run can get from ``start``, blocked ones included, but not
        what lies behind them; None among them where it can get to the end.

        :param ways: ``{step id: outcomes it can have}``; a step that is missing can go every way
        """
        stack, seen = [start], set()
        while stack:
            step_id = stack.pop()
            if step_id in seen:
                continue
            seen.add(step_id)
            if step_id is None or step_id in blocked:
                continue
            node = self.nodes[step_id]
            if node.kind == "end":
                stack.append(None)
                continue
            if node.target in self.nodes:
                stack.append(node.target)
            outcomes = ways.get(step_id) or (THEN, *self.branches(step_id))
            stack += [self.following(step_id, outcome) for outcome in outcomes]
        return seen
