"""Stable shares: which side of a split or holdout a person falls on."""

import hashlib


def share(salt: str, person: str) -> float:
    """Place a person on [0, 1), always the same for the same salt.

    :param salt: of the workflow (holdout) or the step (split); a copy has a new one
    :param person: the person key, see ``mail.workflow.person``
    """
    digest = hashlib.sha256(f"{salt}\x00{person}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
