"""A figure: what was compared, how it came out, and whether that is what we want.

A figure is a ratio of two ways taken in one run, round by round and in turn (ours first, then the
bare way first), because absolute seconds say more about the machine than about the engine.
"""

from statistics import median

ROUNDS = 3


def in_turns(rounds, ours, bare):
    """Time both ways `rounds` times, changing who goes first.

    :param ours: a function of the round's number that returns seconds
    :param bare: the same for the bare way
    :returns: ``[(seconds of ours, seconds of the bare way)]``
    """
    pairs = []
    for number in range(rounds):
        if number % 2:
            bare_seconds = bare(number)
            pairs.append((ours(number), bare_seconds))
        else:
            pairs.append((ours(number), bare(number)))
    return pairs


def compared(name, pairs, *, rows, than, at_most=None, at_least=None, **more):
    """Return the line of a figure that compares two ways.

    :param at_most: how many times as long as the bare way ours may take
    :param at_least: instead: how many times as fast as the bare way ours has to be
    :param rows: rows handled in each round, or a pair when the ways handle different numbers
    """
    own_rows, bare_rows = rows if isinstance(rows, tuple) else (rows, rows)
    ratios = [(ours / own_rows) / (bare / bare_rows) for ours, bare in pairs]
    if at_least is not None:
        ratios = [1 / ratio for ratio in ratios]
    ratio = median(ratios)
    return {
        "figure": name,
        "ratio": round(ratio, 3),
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
        **_target(ratio, at_most, at_least),
        "reads": "times as long as" if at_least is None else "times as fast as",
        "than": than,
        "rows": own_rows,
        "rounds": len(pairs),
        "rows_per_second": round(own_rows / median([ours for ours, _bare in pairs])),
        "bare_rows_per_second": round(bare_rows / median([bare for _ours, bare in pairs])),
        **more,
    }


def counted(name, value, *, reads, at_most=None, at_least=None, **more):
    """Return the line of a figure that is a number of its own."""
    return {
        "figure": name,
        "ratio": round(value, 3),
        **_target(value, at_most, at_least),
        "reads": reads,
        **more,
    }


def _target(value, at_most, at_least):
    if at_most is not None:
        return {"target": f"<= {at_most}", "met": value <= at_most}
    if at_least is not None:
        return {"target": f">= {at_least}", "met": value >= at_least}
    return {"target": None, "met": None}
