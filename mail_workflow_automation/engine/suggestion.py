"""Which facts of the past are worth points, and how many. Nothing here knows Odoo.

Everybody of the past is a place in a row; who is meant is an int whose bits are these places.

First each fact is held against all that was won and lost, and what many comparisons bring about by
chance is sorted out. Then facts are taken one after the other, each for what it says beside those
that were taken: somebody who reads much reads everything, but it is the page with the prices that
says something.
"""

import math
from dataclasses import dataclass

from .evidence import PRIOR, believable, chi_square_p, lift, log_odds, p_value
from .logistic import fit

# so many won and so many lost are needed to say anything
ENOUGH = 30
# a fact of fewer people, or that fewer people lack, is not looked at
FEWEST = 5
# how many of the suggestions may be chance, and how often chance may bring any
RATE = 0.02
# a fact that says as little as this beside the others is given up again
WEAK = 0.05
MOST = 15
# into so many parts people are put by how much they did in all
LEVELS = 3
# so many points double the odds; nothing is worth more than the most
DOUBLE = 5
MOST_POINTS = 25


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that people did or were: of whom it is known, and of whom it is true."""

    key: object
    known: int
    true: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A fact that is worth points, with its evidence."""

    key: object
    points: int
    log_odds: float
    p: float
    won_with: int
    lost_with: int
    won_without: int
    lost_without: int

    @property
    def lift(self):
        """How many times as often those were won: ``(lift, low, high)``."""
        return lift(self.won_with, self.lost_with, self.won_without, self.lost_without)

    @property
    def points_alone(self):
        """The points it would be worth without the others."""
        cells = self.won_with, self.lost_with, self.won_without, self.lost_without
        return points_of(log_odds(*cells))


def mask(places):
    """Return the int whose bits are these places."""
    places = list(places)
    if not places:
        return 0
    found = bytearray(max(places) // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


def by_level(counts):
    """Return people by how much they did in all, from little to much, as masks.

    :param counts: how many things each did, in the order of their places
    """
    order = sorted(range(len(counts)), key=counts.__getitem__)
    edges = [round(len(order) * at / LEVELS) for at in range(LEVELS + 1)]
    return [mask(order[start:end]) for start, end in zip(edges, edges[1:], strict=False)]


def points_of(log_odds):
    """Return the points of log-odds: five for twice the odds."""
    points = round(DOUBLE * log_odds / math.log(2))
    return max(-MOST_POINTS, min(points, MOST_POINTS))


def is_enough(everybody, won):
    """Tell whether there are enough people to learn from."""
    return min(won.bit_count(), (everybody & ~won).bit_count()) >= ENOUGH


def suggest(everybody, won, facts, levels=()):
    """Return the facts worth points, the strongest first: ``[Suggestion]``.

    :param int everybody: the people to learn from
    :param int won: who of them was won
    :param facts: ``[Fact]``; of facts that are true of the same people the first counts
    :param levels: people by how much they did in all: facts are compared among their like
    """
    if not is_enough(everybody, won):
        return []
    looked_at = _looked_at(everybody, facts)
    chances = [p_value(*_counts(fact, won)) for fact in looked_at]
    if len(levels) > 1:
        chances = list(map(max, chances, _chances_beside([], looked_at, won, levels)))
    good = [looked_at[place] for place in believable(chances, RATE)]
    chance_of = dict(zip((fact.key for fact in looked_at), chances, strict=True))
    taken = _without_weak(everybody, won, _forward(won, good, levels))
    if not taken:
        return []
    found = _fitted(_patterns(everybody, taken), won)
    suggestions = [
        Suggestion(
            fact.key,
            points_of(found.coefficients[column]),
            found.coefficients[column],
            chance_of[fact.key],
            *_counts(fact, won),
        )
        for fact, column in zip(taken, _columns_of(everybody, taken), strict=True)
    ]
    return sorted((one for one in suggestions if one.points), key=lambda one: -abs(one.log_odds))


def _looked_at(everybody, facts):
    """Return the facts that enough people have and lack, each only once."""
    found = {}
    for fact in facts:
        known, true = fact.known & everybody, fact.true & fact.known & everybody
        if min(true.bit_count(), (known & ~true).bit_count()) >= FEWEST:
            found.setdefault((known, true), Fact(fact.key, known, true))
    return list(found.values())


def _counts(fact, won):
    lacking = fact.known & ~fact.true
    won_with, won_without = (fact.true & won).bit_count(), (lacking & won).bit_count()
    return (
        won_with,
        fact.true.bit_count() - won_with,
        won_without,
        lacking.bit_count() - won_without,
    )


def _forward(won, facts, levels):
    """Return facts in the order in which each says most beside those before it."""
    taken, rest = [], list(facts)
    while rest and len(taken) < MOST:
        chances = _chances_beside(taken, rest, won, levels)
        place = min(range(len(rest)), key=lambda at: (chances[at], at))
        if chances[place] > RATE / len(rest):
            break
        taken.append(rest.pop(place))
    return taken


def _chances_beside(taken, rest, won, levels):
    """Return for each fact how often chance alone would say as much beside the facts taken: a
    score test, among those of whom the fact is known."""
    known = {}
    for fact in rest:
        if fact.known not in known:
            patterns = _patterns(fact.known, taken, levels)
            known[fact.known] = patterns, _fitted(patterns, won)
    return [_chance_beside(*known[fact.known], fact, won) for fact in rest]


def _chance_beside(patterns, found, fact, won):
    rest, spread, across = 0.0, 0.0, [0.0] * len(found.coefficients)
    for people, columns in patterns:
        true = people & fact.true
        count = true.bit_count()
        if not count:
            continue
        chance = found.chance(columns)
        rest += (true & won).bit_count() - count * chance
        weight = count * chance * (1 - chance)
        spread += weight
        for place, column in enumerate(columns):
            if column:
                across[place] += weight
    explained = sum(
        a * b * value
        for a, line in zip(across, found.covariance, strict=True)
        for b, value in zip(across, line, strict=True)
    )
    left = spread - explained
    return chi_square_p(rest**2 / left) if left > 1e-9 else 1.0


def _without_weak(everybody, won, taken):
    """Leave out facts, the weakest first, that say too little beside those taken after them."""
    while taken:
        found = _fitted(_patterns(everybody, taken), won)
        chances = [
            chi_square_p(found.coefficients[column] ** 2 / found.covariance[column][column])
            for column in _columns_of(everybody, taken)
        ]
        weakest = max(range(len(taken)), key=chances.__getitem__)
        if chances[weakest] <= WEAK:
            break
        taken = taken[:weakest] + taken[weakest + 1 :]
    return taken


def _patterns(everybody, taken, levels=()):
    """Return people by which of the facts are true of them: ``[(people, columns)]``.

    A fact is a column, and a second one where it is not known of everybody.
    """
    patterns = [(everybody, (1,))]
    if len(levels) > 1:
        patterns = [
            (everybody & level, (1, *(int(place == at) for place in range(1, len(levels)))))
            for at, level in enumerate(levels)
            if everybody & level
        ]
    for fact in taken:
        split = []
        is_known = not everybody & ~fact.known
        for people, columns in patterns:
            true, unknown = people & fact.true, people & ~fact.known
            rest = people & ~true & ~unknown
            kinds = ((true, (1, 0)), (rest, (0, 0)), (unknown, (0, 1)))
            split += [
                (some, columns + (values[:1] if is_known else values))
                for some, values in kinds
                if some
            ]
        patterns = split
    return patterns


def _columns_of(everybody, taken):
    """Return the column of each fact."""
    places, place = [], 1
    for fact in taken:
        places.append(place)
        place += 2 if everybody & ~fact.known else 1
    return places


def _fitted(patterns, won):
    rows = [
        (columns, people.bit_count(), (people & won).bit_count()) for people, columns in patterns
    ]
    return fit(rows, PRIOR)
