"""How often our public routes may be asked. Counted in the memory of each process: cheap, and at
most so many times as generous as there are processes.

Somebody with the right token is only ever limited in how often they follow one and the same link;
the wrong tokens of others at their address (an office, a proxy) do not count against them.
"""

import math
import time

from odoo import http
from odoo.http import request

from ..engine.limiter import Limiter

SAME_LINK = 60  # a minute: no person follows a link so often
WRONG = 60  # a minute: tokens and signatures that are not right, of one address

_limiter = Limiter()
clear = _limiter.clear


def same_link(*link):
    """Return the answer to somebody who follows one link far too often, None to a person."""
    return _answer(_take(("link", request.httprequest.remote_addr, *link), SAME_LINK))


def wrong_token():
    """Count a wrong token; return the answer to an address that tries many, None before."""
    return _answer(_take(("wrong", request.httprequest.remote_addr), WRONG))


def source(source_id, per_minute):
    """Return the answer to a source that calls too often, None before."""
    return _answer(_take(("source", source_id), per_minute))


def _take(key, per_minute):
    return _limiter.take((request.db, *key), per_minute, time.monotonic())


def _answer(seconds):
    if not seconds:
        return None
    headers = {"Retry-After": str(math.ceil(seconds)), "Cache-Control": "no-store"}
    return http.Response("too many requests", status=429, headers=headers, mimetype="text/plain")
