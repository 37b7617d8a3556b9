"""What makes two entries into a workflow the same: who or what comes in, and for which occasion."""

import re

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
