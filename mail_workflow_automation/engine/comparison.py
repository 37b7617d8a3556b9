"""Whether people with a workflow do better than those who were left out of it, in plain words."""

from math import erfc, sqrt

# of fewer who reach the goal, or do not, in one of the groups, nothing can be said
LEAST = 5
# how often chance alone makes a difference that we call one
CHANCE = 0.05


def compare(reached: int, people: int, reached_without: int, people_without: int) -> str:
    """Return ``few``, ``open``, ``more`` or ``fewer``: what a difference of two shares says.

    The usual test of two shares: how often two groups of the same habits differ as much.

    :param reached: how many of the ``people`` with the workflow reached the goal
    """
    groups = ((reached, people), (reached_without, people_without))
    if any(min(some, whole - some) < LEAST for some, whole in groups):
        return "few"
    share = (reached + reached_without) / (people + people_without)
    spread = sqrt(share * (1 - share) * (1 / people + 1 / people_without))
    difference = reached / people - reached_without / people_without
    if erfc(abs(difference) / spread / sqrt(2)) >= CHANCE:
        return "open"
    return "more" if difference > 0 else "fewer"
