"""What makes two entries into a workflow the same, and how far one follows from another."""

import re
from datetime import datetime, timedelta

OCCASION = re.compile(r"(.*) (\d{4}(?:-\d\d-\d\d)?)", re.S)


def entry_key(base: str, occasion: str = "") -> str:
    """Return the key of an entry.

    :param base: the person or the record
    :param occasion: the date or year of what comes again, empty for what does not
    """
    return f"{base} {occasion}" if occasion else base


def split_key(key: str) -> tuple[str, str]:
    """Return the base and the occasion of an entry's key."""
    found = OCCASION.fullmatch(key)
    return found.groups() if found else (key, "")


def next_chain(chain, now):
    """Return the chain of a run that the doing of another brings in: ``[generation, since]``.

    A chain that began a day ago begins anew: what goes round that slowly hurts nobody.

    :param chain: of the run that brings it in; None where nobody brought that one in
    :param now: naive UTC
    """
    generation, since = (chain or [0, None])[:2]
    if not since or now - datetime.fromisoformat(since) >= timedelta(days=1):
        return [1, now.isoformat(sep=" ", timespec="seconds")]
    return [generation + 1, since]
