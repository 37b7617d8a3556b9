"""Who asks for a page: a person, something that looks like one, or a machine (rule 31)."""

from odoo.http import request
from odoo.tools import consteq

PREFETCH_HEADERS = ("Purpose", "X-Purpose", "Sec-Purpose", "X-Moz")
# programs that look into mails before their reader does; Odoo knows search engines and the like
SCANNERS = ("barracuda", "mimecast", "proofpoint", "symantec", "trendmicro", "fireeye")


def verdict():
    """Return ``human``, ``suspect`` (a browser that fetches ahead) or ``bot``."""
    agent = request.httprequest.user_agent.string.lower()
    if request.env["ir.http"].is_a_bot() or any(name in agent for name in SCANNERS):
        return "bot"
    headers = request.httprequest.headers
    if any("prefetch" in headers.get(name, "").lower() for name in PREFETCH_HEADERS):
        return "suspect"
    return "human"


def same_token(given, expected):
    """Compare a token of an address with the right one, in constant time, whatever was typed."""
    return isinstance(given, str) and given.isascii() and consteq(given, expected)


def is_visit():
    """Tell whether the request wants the page itself: a HEAD only asks whether it is there."""
    return request.httprequest.method != "HEAD"
