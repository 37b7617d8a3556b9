from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

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
        """Find the clicks of a batch that are part of a burst; change their verdict, in the rows
        and in the batch. One query where mails were clicked, one more where in a burst."""
        clicks = [event for event in events if self._is_click(event)]
        if not clicks:
            return
        suspect = self._in_bursts(self._clicks_near(clicks))
        if not suspect:
            return
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
        for event in clicks:
            if event["id"] in suspect:
                event["verdict"] = "suspect"

    @api.model
    def _is_click(self, event):
        return (
            event["kind"] == "email_clicked"
            and event["verdict"] in (None, "human")
            and bool((event["data"] or {}).get("trace_id"))
        )

    @api.model
    def _clicks_near(self, clicks):
        """Return ``{trace id: [(when, event id, address)]}``, in order, of all clicks in the mails
        of these within the time of a burst."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id, occurred_at, data
                  FROM mail_workflow_event
                 WHERE (res_model, res_id) IN %s AND kind = 'email_clicked' AND verdict <> 'bot'
                   AND occurred_at BETWEEN %s AND %s
                 ORDER BY occurred_at, id
                """,
                tuple({(event["res_model"], event["res_id"]) for event in clicks}),
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
        several = {trace_id for trace_id, clicks in by_trace.items() if len(clicks) > 1}
        links = self._links(several) if several else {}
        suspect = set()
        for trace_id in several:
            enough = min(BURST_LINKS, max(links.get(trace_id, 0), 2))
            clicks = by_trace[trace_id]
            for start, _event_id, _url in clicks:
                together = [click for click in clicks if start <= click[0] < start + BURST]
                if len({url for _at, _event_id, url in together}) >= enough:
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
