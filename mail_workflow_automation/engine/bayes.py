"""The chance of a lead by naive Bayes, as Odoo's predictive scoring reckons it, but learned from
leads that are given: so that it can be asked about leads it has not learned from.

A lead is ``(team, [(field, value)])``. Nothing here knows Odoo.
"""

from collections import defaultdict

# added to each count, so that none is zero
LITTLE = 0.1
# a tag of fewer leads says nothing
FEWEST_TAGS = 50
TAG = "tag_id"


class Counts:
    """How many leads with each value were won and lost."""

    def __init__(self):
        self.leads = [LITTLE, LITTLE]
        self._values = defaultdict(lambda: [LITTLE, LITTLE])
        self._fields = defaultdict(lambda: [0.0, 0.0])

    def add(self, values, is_won):
        """Learn from a lead."""
        side = 0 if is_won else 1
        self.leads[side] += 1
        for field, value in values:
            self._values[field, str(value)][side] += 1

    def close(self):
        """Add up what was learned of each field."""
        for (field, value), counts in list(self._values.items()):
            if field == TAG and sum(counts) < FEWEST_TAGS:
                del self._values[field, value]
                continue
            self._fields[field][0] += counts[0]
            self._fields[field][1] += counts[1]

    def chance(self, values):
        """Return the chance of a lead to be won."""
        won, lost = (count / sum(self.leads) for count in self.leads)
        for field, value in values:
            counts = self._values.get((field, str(value)))
            if counts:
                all_won, all_lost = self._fields[field]
                won *= counts[0] / all_won
                lost *= counts[1] / all_lost
        return won / (won + lost) if won + lost else 0.5


def chances(learned, asked):
    """Return the chances of leads, by what was learned of their team, or of all where nothing was.

    :param learned: ``[(team, values, is_won)]``
    :param asked: ``[(team, values)]``
    """
    by_team = defaultdict(Counts)
    for team, values, is_won in learned:
        for place in {team or None, None}:
            by_team[place].add(values, is_won)
    for counts in by_team.values():
        counts.close()
    everybody = by_team[None]
    return [by_team.get(team or None, everybody).chance(values) for team, values in asked]
