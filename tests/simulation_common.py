"""What the tests of the simulation share: its path in short, and the whole database in numbers."""

from odoo.tools import SQL

from .common import WorkflowCase

# who is online: written by whoever is, beside every test
NOT_OURS = ("bus_presence",)


class SimulationCase(WorkflowCase):
    def simulate(self, workflow, record, *answers, user=None, **values):
        """Simulate as the Workflow user."""
        asked = workflow.with_user(user or self.marketer)
        return asked.simulate(record, answers=list(answers), **values)

    def short(self, result):
        """Return ``[(step key, outcome, branch)]`` of a simulated path."""
        return [(line["key"], line["outcome"], line["branch"]) for line in result["lines"]]

    def line(self, result, key):
        """Return the last line of a step."""
        return [line for line in result["lines"] if line["key"] == key][-1]

    def labels(self, line):
        return [ask["label"] for ask in line["asks"] or []]

    def everything_stored(self):
        """Return ``{table or sequence: count and checksum, or its value}`` of the database."""
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
        )
        found = {}
        for (table,) in cr.fetchall():
            if table not in NOT_OURS:
                cr.execute(
                    SQL(
                        "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM %s t",
                        SQL.identifier(table),
                    )
                )
                found[table] = cr.fetchone()
        cr.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        return found | dict(cr.fetchall())
