"""The flow people go through in the chaos, and which ways through it are right.

Plain Python: what the database holds at the end is compared with what stands here.
"""

from datetime import timedelta

LINK = "https://shop.example.com/offer"
CITY = "Lyon"
SHORTEST = {"reply": 20, "pause": 10}  # hours: administrators never wait less
LONGEST = {"reply": 30, "pause": 14}
MAILS = ("hello", "keen", "near", "plain", "last")
# a worker reads the clock at the start of its pass, what others did meanwhile may be later
SLACK = timedelta(seconds=30)


def mail(key, text):
    """Return a mail step of a file."""
    body = f'<p>{text}</p><p><a href="{LINK}?step={key}">Look</a></p>'
    return {"key": key, "kind": "email", "subject": f"{key} 0", "body_html": body}


CLICK = {"event": "email_clicked", "filters": {"step": "hello"}, "since": "entry"}
DEFINITION = {
    "format": 1,
    "name": "Chaos",
    "model": "res.partner",
    "triggers": [{"kind": "manual"}],
    "email_from": "Shop <shop@shop.example.com>",
    "lateness_hours": 0,
    "reentry": {"policy": "never", "per": "person"},
    "steps": [
        mail("hello", "Hello"),
        {
            "key": "reply",
            "kind": "wait",
            "hours": 24,
            "events": [
                {"kind": "email_clicked", "filters": {"step": "hello"}, "branch": "clicked"}
            ],
        },
        {
            "key": "worth",
            "kind": "condition",
            "branches": {
                "clicked": {"when": CLICK, "steps": [mail("keen", "You looked")]},
                "near": {
                    "when": {"domain": [["city", "=", CITY]]},
                    "steps": [mail("near", "We are near")],
                },
                "else": {"steps": [mail("plain", "Our offer")]},
            },
        },
        {"key": "pause", "kind": "wait", "hours": 12},
        {"key": "known", "kind": "tag", "add": ["Chaos"]},
        mail("last", "Good bye"),
    ],
}


def wrong_way(person):
    """Return what is wrong with the way of one person, or None.

    :param dict person: `state` of the run, `city`, `tags` (how many), `clicked_at` (or None),
        `steps`: `[(key, visit, state, branch, executed_at)]` in order
    """
    if person["state"] != "done":
        return f"the run is {person['state']}"
    seen = [(key, visit) for key, visit, *_rest in person["steps"]]
    if len(set(seen)) != len(seen):
        return f"a step twice: {seen}"
    steps = {key: rest for key, _visit, *rest in person["steps"]}
    reply = steps.get("reply", (None, None, None))
    branch = _right_branch(person, reply)
    if branch is None:
        return f"the wait ended by {reply[1]}, clicked at {person['clicked_at']}: {reply}"
    expected = ["hello", "reply", "worth", branch, "pause", "known", "last"]
    if [key for key, _visit in seen] != expected:
        return f"{[key for key, _visit in seen]} instead of {expected}"
    if any(state != "done" for state, *_rest in steps.values()):
        return f"not all done: {steps}"
    if person["tags"] != 1:
        return "the tag is missing"
    return _too_early(steps, reply[1])


def _right_branch(person, reply):
    """Return the mail that follows from how the wait ended, None where it ended wrongly."""
    _state, branch, at = reply
    clicked = person["clicked_at"]
    if branch == "clicked":
        # a pass that began before a jump of the clock may write an older moment than the click's
        return "keen" if clicked else None
    if branch != "timeout" or (clicked and clicked + SLACK < at):
        return None
    return "near" if person["city"] == CITY else "plain"


def _too_early(steps, branch):
    at = {key: executed_at for key, (_state, _branch, executed_at) in steps.items()}
    waited = {"pause": at["pause"] - at["worth"]}
    if branch == "timeout":
        waited["reply"] = at["reply"] - at["hello"]
    for key, time in waited.items():
        if time < timedelta(hours=SHORTEST[key]) - SLACK:
            return f"{key} lasted {time} only"
    return None
