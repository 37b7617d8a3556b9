"""What the past says about a fact: how much more often, how sure, and how well a score tells
winners from losers. Nothing here knows Odoo.

Tables of counts are ``won_with, lost_with, won_without, lost_without``.
"""

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

# of the normal distribution, for intervals of 95 %
Z = 1.959963984540054
# how far log-odds lie from zero, before anything is known: they are shrunk by this
PRIOR = 1.0
# up to how many people a table is counted out exactly
EXACT = 2000
DECILES = 10


def log_odds(won_with, lost_with, won_without, lost_without, prior=PRIOR):
    """Return the log of the odds ratio, shrunk towards zero: the fewer data, the more."""
    cells = [n + 0.5 for n in (won_with, lost_with, won_without, lost_without)]
    variance = sum(1 / n for n in cells)
    ratio = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    return ratio * prior**2 / (prior**2 + variance)


def lift(won_with, lost_with, won_without, lost_without):
    """Return how many times as often those with the fact were won as those without it, and the
    interval of 95 % (by the logarithm, after Katz): ``(lift, low, high)``.

    Half a person is added to each count where one of the wins is none.
    """
    more = 0 if won_with and won_without else 0.5
    won, won_others = won_with + more, won_without + more
    people, others = won + lost_with + more, won_others + lost_without + more
    ratio = (won / people) / (won_others / others)
    error = math.sqrt(max(1 / won - 1 / people + 1 / won_others - 1 / others, 0))
    return ratio, ratio * math.exp(-Z * error), ratio * math.exp(Z * error)


def p_value(won_with, lost_with, won_without, lost_without):
    """Return how often chance alone would do as much: Fisher's exact test, both sides; of many
    people the chi-square with Yates's correction, where no cell is expected to be small."""
    with_it, without = won_with + lost_with, won_without + lost_without
    won, lost = won_with + won_without, lost_with + lost_without
    people = with_it + without
    if not (with_it and without and won and lost):
        return 1.0
    if people > EXACT and min(with_it, without) * min(won, lost) >= 5 * people:
        distance = abs(won_with * lost_without - lost_with * won_without)
        distance = max(distance - people / 2, 0)
        return chi_square_p(people * distance**2 / (with_it * without * won * lost))
    return _fisher(won_with, with_it, won, people)


def chi_square_p(value):
    """Return how often chance exceeds a chi-square of one degree of freedom."""
    return math.erfc(math.sqrt(value / 2))


def _fisher(found, with_it, won, people):
    def log_choose(n, k):
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    def log_chance(k):
        return log_choose(won, k) + log_choose(people - won, with_it - k)

    all_ways = log_choose(people, with_it)
    chances = [
        log_chance(k) - all_ways
        for k in range(max(0, with_it - (people - won)), min(with_it, won) + 1)
    ]
    as_rare = log_chance(found) - all_ways + 1e-7
    return min(sum(math.exp(chance) for chance in chances if chance <= as_rare), 1.0)


def believable(p_values, rate):
    """Return the places of the comparisons to believe, by Benjamini and Hochberg: of what is
    believed, a share of ``rate`` is false, on average; and where all is chance, anything at all is
    believed that seldom."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    last = 0
    for place, index in enumerate(order, 1):
        if p_values[index] <= rate * place / len(order):
            last = place
    return sorted(order[:last])


@dataclass(frozen=True, slots=True)
class Auc:
    """How often a score puts somebody who was won above somebody who was lost: 0.5 is a coin,
    1 is always. ``low`` and ``high`` are the interval of 95 %."""

    value: float
    low: float
    high: float


def auc(scores, wins):
    """Return the area under the curve, its interval by DeLong on the scale of log-odds; None
    without winners or losers.

    :param scores: numbers
    :param wins: truth values, in the same order
    """
    won = sorted(score for score, win in zip(scores, wins, strict=True) if win)
    lost = sorted(score for score, win in zip(scores, wins, strict=True) if not win)
    if not won or not lost:
        return None
    of_won, of_lost = _placements(won, lost), _placements(lost, won)
    value = sum(of_won) / len(won)
    few = min(len(won), len(lost))
    if value in (0.0, 1.0):
        # nothing was out of order: how sure that is depends on how many there were
        edge = 0.025 ** (1 / few)
        return Auc(value, edge, 1.0) if value else Auc(value, 0.0, 1 - edge)
    error = math.sqrt(_variance(of_won) / len(won) + _variance(of_lost) / len(lost))
    half = Z * error / (value * (1 - value))
    middle = math.log(value / (1 - value))
    return Auc(value, _expit(middle - half), _expit(middle + half))


def _placements(ones, others):
    """Return for each of ``ones`` which share of ``others`` (both sorted) lies below it."""
    found = []
    for score, count in sorted(Counter(ones).items()):
        below = bisect_left(others, score)
        equal = bisect_left(others, math.nextafter(score, math.inf)) - below
        found += [(below + equal / 2) / len(others)] * count
    return found


def _variance(values):
    if len(values) < 2:
        return 0.25
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _expit(value):
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))


@dataclass(slots=True)
class Group:
    """People of about the same score, and how many of them were won."""

    low: float
    high: float
    people: int = 0
    won: int = 0


def deciles(scores, wins):
    """Return the people in tenths, the highest scores first: ``[Group]``.

    Who has the same score is in the same group, so there can be fewer than ten.
    """
    people = Counter(scores)
    won = Counter(score for score, win in zip(scores, wins, strict=True) if win)
    groups, before = {}, 0
    for score, count in sorted(people.items(), reverse=True):
        tenth = int(DECILES * (before + count / 2) / len(scores))
        group = groups.setdefault(tenth, Group(score, score))
        group.low = score
        group.people += count
        group.won += won[score]
        before += count
    return list(groups.values())
