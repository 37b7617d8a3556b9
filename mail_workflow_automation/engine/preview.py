"""Grades and scores of many people, as they are beside as they would be. Nothing here knows Odoo.

A grade is a letter (fit) and a number (1 hot, 2 warm, 3 cold): ``a1``.
"""

LETTERS = "abcd"
HEATS = "123"
BARS = 20


def table(grades):
    """Return how many people have each grade, now and then.

    :param grades: ``[(grade now, grade then, people)]``
    :returns: ``{grade: [now, then]}``, all of them
    """
    found = {letter + heat: [0, 0] for letter in LETTERS for heat in HEATS}
    for now, then, people in grades:
        found[now][0] += people
        found[then][1] += people
    return found


def crossings(grades):
    """Return how many people are at or above each threshold, and how many get there or fall below.

    :param grades: as for `table`
    :returns: ``[{"name", "now", "then", "up", "down"}]``, the highest threshold of each side first
    """
    reached = {
        "hot_from": lambda grade: grade[1] == "1",
        "warm_from": lambda grade: grade[1] in "12",
        "grade_a": lambda grade: grade[0] == "a",
        "grade_b": lambda grade: grade[0] in "ab",
        "grade_c": lambda grade: grade[0] in "abc",
    }
    found = []
    for name, is_there in reached.items():
        counts = {"name": name, "now": 0, "then": 0, "up": 0, "down": 0}
        for now, then, people in grades:
            was, will_be = is_there(now), is_there(then)
            counts["now"] += people * was
            counts["then"] += people * will_be
            counts["up"] += people * (will_be and not was)
            counts["down"] += people * (was and not will_be)
        found.append(counts)
    return found


def histogram(values, marks):
    """Return how many people have how many points, in bars of one width.

    Those without any points are told apart: they are most people, and say least. The last bar has
    all that is above.

    :param values: ``[(score now, score then, people)]``
    :param marks: thresholds, ``[(name, now, then)]``
    :returns: ``{"width", "top", "none": [now, then], "bars": [[now, then]], "marks"}``
    """
    marked = max((mark for _name, *both in marks for mark in both), default=0)
    highest = max((score for *both, _people in values for score in both), default=0)
    width = _width(min(max(highest, marked * 1.2), marked * 4))
    bars, none = [[0, 0] for _bar in range(BARS)], [0, 0]
    for now, then, people in values:
        for place, score in enumerate((now, then)):
            if score > 0:
                bars[min(score // width, BARS - 1)][place] += people
            else:
                none[place] += people
    return {
        "width": width,
        "top": width * BARS,
        "none": none,
        "bars": bars,
        "marks": [{"name": name, "now": now, "then": then} for name, now, then in marks],
    }


def _width(top):
    """Return the least readable width of bars that together reach so far."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if size * step * BARS >= top:
                return size * step
        size *= 10
