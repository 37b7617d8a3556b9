"""Who asks for a page: a person, something that looks like one, or a machine (rule 31)."""

import json
import re

from odoo.http import request
from odoo.tools import consteq

PREFETCH_HEADERS = ("Purpose", "X-Purpose", "Sec-Purpose", "X-Moz")
# programs that look into mails before their reader does; Odoo knows search engines and the like
SCANNERS = ("barracuda", "mimecast", "proofpoint", "symantec", "trendmicro", "fireeye")

CONSENT = re.compile(r"(?:^|;)\s*website_cookies_bar=(\{[^;]*\})")


def verdict():
    """Return ``human``, ``suspect`` (a browser that fetches ahead) or ``bot``."""
    return judged().get("verdict", "human")


def judged():
    """Return ``{"verdict", "reason"}`` of who asks; empty for a person."""
    agent = request.httprequest.user_agent.string.lower()
    if request.env["ir.http"].is_a_bot() or any(name in agent for name in SCANNERS):
        return {"verdict": "bot", "reason": "machine"}
    headers = request.httprequest.headers
    if any("prefetch" in headers.get(name, "").lower() for name in PREFETCH_HEADERS):
        return {"verdict": "suspect", "reason": "prefetch"}
    return {}


def same_token(given, expected):
    """Compare a token of an address with the right one, in constant time, whatever was typed."""
    return isinstance(given, str) and given.isascii() and consteq(given, expected)


def is_visit():
    """Tell whether the request wants the page itself: a HEAD only asks whether it is there."""
    return request.httprequest.method != "HEAD"


def has_consent():
    """Tell whether the visitor allows optional cookies, or is not asked by the website.

    Odoo knows; but some versions of werkzeug drop a cookie that holds JSON, as this one does: then
    it is read as it came.
    """
    if request.env["ir.http"]._is_allowed_cookie("optional"):
        return True
    found = CONSENT.search(request.httprequest.headers.get("Cookie", ""))
    try:
        return bool(found) and json.loads(found.group(1)).get("optional") is True
    except ValueError:
        return False
