"""The drawing of a workflow with 500 steps in a real browser: opening it, dragging, moving around.

The page itself says when it was drawn and how many frames it showed; the mouse is moved by the
browser's own means, as by a hand. Seconds are what people wait, so they are figures of their own.
"""

import json
import time
from statistics import median, quantiles

from benchmarks.figure import counted
from dev.browser import Browser, log_in
from dev.server import OdooServer

STEPS = 500
OPENINGS = 5
DRAGS = 3
DRAG_SECONDS = 2.5
VALUES = {
    "tag": {"add": ["Drawn"]},
    "wait": {"days": 1},
    "condition": {"domain": [["is_company", "=", True]]},
}
PATH = "/odoo/action-mail_workflow_automation.mail_workflow_action"
CARD = ".o_mail_workflow_card"
OPEN = """
(async () => {
    const { action } = odoo.__WOWL_DEBUG__.root.env.services;
    const drawn = async (isThere) => {
        while (Boolean(document.querySelector(".o_mail_workflow_card")) !== isThere) {
            await new Promise(requestAnimationFrame);
        }
        await new Promise(requestAnimationFrame);
    };
    const list = "mail_workflow_automation.mail_workflow_action";
    await action.doAction(list, {clearBreadcrumbs: true});
    await drawn(false);
    performance.clearResourceTimings();
    const start = performance.now();
    await action.doAction({
        type: "ir.actions.client", tag: "mail_workflow_flow", params: {workflow_id: %s},
    });
    await drawn(true);
    const end = performance.now();
    const asked = performance.getEntriesByType("resource").filter(
        (entry) => entry.name.includes("get_flow") && !entry.name.includes("figures"));
    const answered = Math.max(...asked.map((entry) => entry.responseEnd));
    return {whole: end - start, drawing: end - answered};
})()
"""
COUNT_FRAMES = """
(() => {
    window.frames_shown = [];
    const count = (at) => { window.frames_shown.push(at); requestAnimationFrame(count); };
    requestAnimationFrame(count);
})()
"""


def measure(bench):
    """Open the drawing several times, then drag a card all over it."""
    steps = bench.size(STEPS, STEPS)
    with bench.database("drawing") as database:
        workflow_id = database.run(_arrange, count=steps)
        with OdooServer(database.name, cron_threads=0) as server, Browser(1366, 768) as browser:
            cookies = log_in(server.url, database.name, "admin", "admin")
            browser.open(f"{server.url}{PATH}", cookies, wait_for=".o_list_view, .o_kanban_view")
            opened = [browser.evaluate(OPEN % workflow_id) for _ in range(OPENINGS)]
            browser.evaluate(COUNT_FRAMES)
            dragged = [_drag(browser, number) for number in range(DRAGS)]
            failures = browser.failures
        edited = database.run(_edit_first, workflow_id=workflow_id)
    if failures:
        raise RuntimeError(failures[0])
    yield counted(
        "drawing_open",
        median([one["drawing"] for one in opened]) / 1000,
        reads="seconds from the server's answer to the drawing",
        at_most=1,
        rows=steps,
        seconds_with_server=round(median([one["whole"] for one in opened]) / 1000, 2),
    )
    yield counted(
        "drawing_drag",
        median([one["frames"] for one in dragged]),
        reads="frames a second while a card is dragged over it",
        at_least=30,
        rows=steps,
        milliseconds_p95=round(max(one["p95"] for one in dragged), 1),
    )
    yield counted(
        "drawing_first_edit",
        edited["seconds"],
        reads="seconds until a running workflow can be edited",
        at_most=3,
        rows=steps,
        queries=edited["queries"],
    )


def _drag(browser, number):
    """Drag a card around, also along the border, where the drawing moves; return what was shown."""
    x, y = browser.evaluate(
        f"(() => {{ const card = document.querySelectorAll('{CARD}')[{number + 2}];"
        " const box = card.getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + 12]; })()"
    )
    _mouse(browser, "mousePressed", x, y)
    browser.evaluate("window.frames_shown = []")
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < DRAG_SECONDS:
        share = elapsed / DRAG_SECONDS
        _mouse(browser, "mouseMoved", x + 300 * share, y + min(740 - y, 900 * share))
    frames = browser.evaluate("window.frames_shown")
    _mouse(browser, "mouseMoved", x, 200)
    browser.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', "
        + json.dumps({"key": "Escape", "bubbles": True})
        + "))"
    )
    _mouse(browser, "mouseReleased", x, 200)
    between = [after - before for before, after in zip(frames, frames[1:], strict=False)]
    return {
        "frames": 1000 * len(between) / (frames[-1] - frames[0]),
        "p95": quantiles(between, n=20)[-1],
    }


def _mouse(browser, kind, x, y):
    browser.call(
        "Input.dispatchMouseEvent",
        type=kind,
        x=x,
        y=y,
        button="left",
        buttons=0 if kind == "mouseReleased" else 1,
        clickCount=1,
    )


# --- inside Odoo's processes ----------------------------------------------------------------------


def _arrange(env, count):
    """Make a workflow of waits, tags and forks of two, some within one another."""
    env.ref("base.user_admin").password = "admin"
    env["res.partner.category"].create({"name": "Drawn"})
    steps, number = [], 0

    def some(kinds):
        nonlocal number
        made = []
        for kind in kinds:
            number += 1
            made.append({"key": f"k{number}", "kind": kind, **VALUES[kind]})
        return made

    while number < count:
        (fork,) = some(["condition"])
        (inner,) = some(["condition"])
        inner["branches"] = {
            "yes": {"steps": some(["tag", "wait"])},
            "no": {"steps": some(["tag"])},
        }
        fork["branches"] = {
            "yes": {"steps": [inner, *some(["wait", "tag"])]},
            "no": {"steps": some(["tag"])},
        }
        steps += [fork, *some(["wait"])]
    definition = {"format": 1, "name": "Very long", "model": "res.partner", "steps": steps}
    return env["mail.workflow"].import_definition(definition).id


def _edit_first(env, workflow_id):
    """Start the workflow; return what it costs to make the copy in which it is edited then."""
    admin = env.ref("base.user_admin")
    workflow = env["mail.workflow"].with_user(admin).browse(workflow_id)
    workflow.trigger_ids = [(0, 0, {"kind": "manual"})]
    workflow.action_start()
    env.cr.commit()
    env.invalidate_all()
    before, began = env.cr.sql_log_count, time.perf_counter()
    workflow.begin_draft()
    env.flush_all()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "queries": env.cr.sql_log_count - before}
