"""Tables with many rows, and the plans of the queries on them."""

from odoo.tools import SQL

from benchmarks import plans

from .common import WorkflowCase


class PlanCase(WorkflowCase):
    """Seeds rows by SQL, records the queries of the engine and explains them."""

    # --- many rows --------------------------------------------------------------------------------

    def seed_runs(self, workflow, count, due_at):
        """Copy the one run of a workflow to as many people."""
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_enrollment (
                   workflow_id, company_id, res_model, res_id, partner_id, email_normalized,
                   entry_key, run_no, state, step_id, due_at, planned_at, visit_no, attempt,
                   entered_at)
            SELECT workflow_id, company_id, res_model, res_id + n, partner_id,
                   'seed' || n || '@customer.example.com', 'seed' || n || %(due)s::text, 1, state,
                   step_id, %(due)s, %(due)s, 1, 0, entered_at
              FROM mail_workflow_enrollment, generate_series(1, %(count)s) n
             WHERE workflow_id = %(workflow)s AND entry_key NOT LIKE 'seed%%'
            """,
            {"workflow": workflow.id, "count": count, "due": due_at},
        )

    def seed_events(self, count, dispatched_at):
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_event (
                   kind, occurred_at, dispatched_at, res_model, res_id, email_normalized, verdict)
            SELECT 'order_confirmed', %s, %s, 'sale.order', n,
                   'seed' || n || '@customer.example.com', 'human'
              FROM generate_series(1, %s) n
            """,
            [self.now, dispatched_at, count],
        )

    def seed_mails(self, workflow, count, state="outgoing"):
        self.env.cr.execute(
            """
            WITH message AS (
                INSERT INTO mail_message (message_type, date, model)
                SELECT 'email_outgoing', %(now)s, 'res.partner' FROM generate_series(1, %(count)s)
                RETURNING id)
            INSERT INTO mail_mail (mail_message_id, state, workflow_id, email_to)
            SELECT id, %(state)s, %(workflow)s, 'seed@customer.example.com' FROM message
            """,
            {"now": self.now, "count": count, "state": state, "workflow": workflow.id or None},
        )

    def seed_copies(self, record, count, **values):
        """Copy a record as often, without any of Odoo's; return the id of the first copy.

        :param values: what differs in the copies, as SQL: ``n`` is the number of a copy
        """
        names = [
            name for name, field in record._fields.items() if field.store and field.column_type
        ]
        columns = [SQL.identifier(name) for name in names if name != "id"]
        copied = [SQL(values[n]) if n in values else SQL.identifier(n) for n in names if n != "id"]
        record.flush_model()
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(0, %s) n WHERE id = %s"
                " RETURNING id",
                SQL.identifier(record._table),
                SQL(", ").join(columns),
                SQL(", ").join(copied),
                SQL.identifier(record._table),
                count - 1,
                record.id,
            )
        )
        return min(rows)[0]

    # --- their plans ------------------------------------------------------------------------------

    def assertByIndex(self, nodes, table, most, index=None):
        self.assertFalse(plans.read_whole(nodes, table), "the whole table was read")
        self.assertLessEqual(plans.touched(nodes, table), most)
        if index:
            self.assertIn(index, {node.get("Index Name") for node in nodes})

    def plans_of(self, work, *, of):
        """Return the plans of the queries on a table that a piece of work makes."""
        with plans.recorded(self.env) as queries:
            work()
        found = [query for query in queries if of in query and "EXPLAIN" not in query]
        self.assertTrue(found)
        return [plans.explain(self.env, query) for query in found]

    def analyze(self, *tables):
        for table in tables:
            self.env.cr.execute(f"ANALYZE {table}")  # noqa: S608 names of this file
