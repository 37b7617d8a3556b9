from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..sql import unnested

# what a program that looks into mails does as well as a reader
READING = ("email_opened", "email_clicked")
# no reader is that fast: programs that look into mails follow their links as they come in
SOON = timedelta(seconds=2)
# nobody follows several links of one mail within so short a time
BURST = timedelta(seconds=3)
BURST_LINKS = 3


class MailWorkflowVerdict(models.AbstractModel):
    """Who did it, a person or a machine (rule 31), by what is known of a mail and its links.

    What a request tells of itself is judged where it comes in; that all links of a mail were
    followed at once shows later only, and changes the verdict on what is written.
    """

    _name = "mail.workflow.verdict"
    _description = "Verdict on Workflow Events"

    @api.model
    def _of_trace(self, trace, now):
        """Return ``{"verdict", "reason"}`` of what happens to a mail now; empty for a person."""
        if trace.sent_datetime and now - trace.sent_datetime < SOON:
            return {"verdict": "suspect", "reason": "soon"}
        return {}

    @api.model
    def _judge(self, events):
        """Find the clicks of a batch that are part of a burst, and note on its mails what people
        did with them. One query where mails were read, one where they were clicked, and two more
        where in a burst.

        :returns: the ids of the events that are, served ones among them
        """
        readings = [event for event in events if self._is_reading(event)]
        clicks = [event for event in readings if event["kind"] == "email_clicked"]
        suspect = self._in_bursts(self._readings_near(clicks)) if clicks else set()
        if suspect:
            self._suspect(suspect, readings)
        self._note_on_mails([event for event in readings if event["verdict"] != "suspect"])
        return suspect

    @api.model
    def _suspect(self, suspect, readings):
        """Change the verdict on what is part of a burst, in the rows, in the batch and on the
        mails, which may have been told otherwise before."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_event
                   SET verdict = 'suspect', data = data || '{"reason": "burst"}'
                 WHERE id IN (SELECT id FROM mail_workflow_event WHERE id = ANY(%s)
                                 FOR NO KEY UPDATE SKIP LOCKED)
                """,
                list(suspect),
            )
        )
        for event in readings:
            if event["id"] in suspect:
                event["verdict"] = "suspect"
        mails = {
            (event["data"]["trace_id"], event["res_model"], event["res_id"])
            for event in readings
            if event["id"] in suspect
        }
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailing_trace t
                   SET workflow_opened_at = found.opened_at,
                       workflow_clicked_at = found.clicked_at
                  FROM (SELECT m.trace_id,
                               min(e.occurred_at) FILTER (WHERE e.kind = 'email_opened')
                                   AS opened_at,
                               min(e.occurred_at) FILTER (WHERE e.kind = 'email_clicked')
                                   AS clicked_at
                          FROM %(mails)s AS m (trace_id, res_model, res_id)
                          LEFT JOIN mail_workflow_event e
                            ON e.res_model = m.res_model AND e.res_id = m.res_id
                           AND e.kind = ANY(%(kinds)s) AND e.verdict = 'human'
                           AND (e.data ->> 'trace_id')::int = m.trace_id
                         GROUP BY m.trace_id) found
                 WHERE t.id = found.trace_id
                """,
                mails=unnested(list(mails), "int", "varchar", "int"),
                kinds=list(READING),
            )
        )
        self.env["mailing.trace"].invalidate_model(["workflow_opened_at", "workflow_clicked_at"])

    @api.model
    def _note_on_mails(self, readings):
        """Note on the mails when a person first opened and first clicked: what figures count, long
        after the events are pruned. Here, and not when it happens, where only inserts are made."""
        first = {}
        for event in readings:
            noted = first.setdefault(event["data"]["trace_id"], {})
            noted.setdefault(event["kind"], event["occurred_at"])
        if not first:
            return
        rows = [
            (trace_id, *(noted.get(kind) for kind in READING))
            for trace_id, noted in sorted(first.items())
        ]
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailing_trace t
                   SET workflow_opened_at = COALESCE(t.workflow_opened_at, r.opened_at),
                       workflow_clicked_at = COALESCE(t.workflow_clicked_at, r.clicked_at)
                  FROM %s AS r (id, opened_at, clicked_at)
                 WHERE t.id = r.id
                """,
                unnested(rows, "int", "timestamp", "timestamp"),
            )
        )
        self.env["mailing.trace"].invalidate_model(["workflow_opened_at", "workflow_clicked_at"])

    @api.model
    def _is_reading(self, event):
        return (
            event["kind"] in READING
            and event["verdict"] in (None, "human")
            and bool((event["data"] or {}).get("trace_id"))
        )

    @api.model
    def _readings_near(self, clicks):
        """Return ``{trace id: [(when, event id, address)]}``, in order, of all that was clicked
        or, without an address, opened in the mails of these within the time of a burst."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id, occurred_at, data
                  FROM mail_workflow_event
                 WHERE (res_model, res_id) IN %s AND kind = ANY(%s) AND verdict <> 'bot'
                   AND occurred_at BETWEEN %s AND %s
                 ORDER BY occurred_at, id
                """,
                tuple({(event["res_model"], event["res_id"]) for event in clicks}),
                list(READING),
                min(event["occurred_at"] for event in clicks) - BURST,
                max(event["occurred_at"] for event in clicks) + BURST,
            )
        )
        found = defaultdict(list)
        for event_id, occurred_at, data in self.env.cr.fetchall():
            found[(data or {}).get("trace_id")].append((occurred_at, event_id, data.get("url")))
        wanted = {event["data"]["trace_id"] for event in clicks}
        return {trace_id: found[trace_id] for trace_id in wanted}

    @api.model
    def _in_bursts(self, by_trace):
        """Return the ids of the events that are part of a burst: three links, or all there are."""
        several = {
            trace_id
            for trace_id, readings in by_trace.items()
            if len({url for _at, _event_id, url in readings if url}) > 1
        }
        links = self._links(several) if several else {}
        suspect = set()
        for trace_id in several:
            enough = min(BURST_LINKS, max(links.get(trace_id, 0), 2))
            readings = by_trace[trace_id]
            for start, _event_id, _url in readings:
                together = [one for one in readings if start <= one[0] < start + BURST]
                if len({url for _at, _event_id, url in together if url}) >= enough:
                    suspect |= {event_id for _at, event_id, _url in together}
        return suspect

    @api.model
    def _links(self, trace_ids):
        """Return ``{trace id: how many different tracked links its mail has}``."""
        traces_sudo = self.env["mailing.trace"].sudo().browse(trace_ids).exists()
        links_sudo = self.env["link.tracker"].sudo()
        groups = links_sudo._read_group(
            [("mass_mailing_id", "in", traces_sudo.mass_mailing_id.ids)],
            ["mass_mailing_id"],
            ["url:count_distinct"],
        )
        counts = {mailing.id: count for mailing, count in groups}
        return {trace.id: counts.get(trace.mass_mailing_id.id, 0) for trace in traces_sudo}
