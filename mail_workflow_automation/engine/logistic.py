"""Logistic regression with a prior, of facts that are there or not. Nothing here knows Odoo.

Who has the same facts is one row: ``(columns, people, won)``; the first column is 1.
"""

import math
from dataclasses import dataclass

ROUNDS = 50
CLOSE = 1e-9
LONGEST_STEP = 2.0
FARTHEST = 30.0


@dataclass(frozen=True, slots=True)
class Fit:
    """The coefficients, the first is the intercept, and how they vary (a matrix)."""

    coefficients: list[float]
    covariance: list[list[float]]

    def chance(self, columns):
        """Return the chance to be won."""
        together = sum(a * b for a, b in zip(self.coefficients, columns, strict=True))
        return 1 / (1 + math.exp(-max(-FARTHEST, min(together, FARTHEST))))


def fit(rows, prior):
    """Fit by Newton's method.

    :param rows: ``[(columns, people, won)]``, at least one
    :param prior: how far coefficients lie from zero before anything is known; the first column's
        may lie anywhere
    """
    count = len(rows[0][0])
    penalty = [1e-9] + [1 / prior**2] * (count - 1)
    found = Fit([0.0] * count, [])
    for _round in range(ROUNDS):
        gradient = [-a * b for a, b in zip(penalty, found.coefficients, strict=True)]
        hessian = [[penalty[i] if i == j else 0.0 for j in range(count)] for i in range(count)]
        for columns, people, won in rows:
            chance = found.chance(columns)
            _add_row(gradient, hessian, columns, won - people * chance, people * chance, chance)
        covariance = inverse(hessian)
        steps = [sum(a * b for a, b in zip(line, gradient, strict=True)) for line in covariance]
        longest = max(map(abs, steps))
        scale = min(1.0, LONGEST_STEP / longest) if longest else 1.0
        moved = [a + scale * step for a, step in zip(found.coefficients, steps, strict=True)]
        found = Fit(moved, covariance)
        if longest < CLOSE:
            break
    return found


def _add_row(gradient, hessian, columns, rest, expected, chance):
    weight = expected * (1 - chance)
    for i, one in enumerate(columns):
        if one:
            gradient[i] += rest * one
            line = hessian[i]
            for j, other in enumerate(columns):
                if other:
                    line[j] += weight * one * other


def inverse(matrix):
    """Return the inverse of a symmetric positive matrix (by Gauss and Jordan)."""
    size = len(matrix)
    work = [[*line, *(float(i == j) for j in range(size))] for i, line in enumerate(matrix)]
    for place in range(size):
        best = max(range(place, size), key=lambda line: abs(work[line][place]))
        work[place], work[best] = work[best], work[place]
        pivot = work[place][place]
        work[place] = [value / pivot for value in work[place]]
        for line in range(size):
            factor = work[line][place]
            if line != place and factor:
                work[line] = [a - factor * b for a, b in zip(work[line], work[place], strict=True)]
    return [line[size:] for line in work]
