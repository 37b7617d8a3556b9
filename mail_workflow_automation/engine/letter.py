"""A mail as it goes over the wire, built for many: what a reader gets is what Odoo builds, at a
fraction of the cost.

Python's own builder parses and folds each header of each mail by its grammar; here a header that is
plain text is written as it is, and only others go that way.
"""

import email.policy
import re
import secrets
from binascii import b2a_qp
from email.message import Message
from email.policy import Compat32
from functools import lru_cache

# printable ASCII in one line, well below the 998 bytes a line may have (RFC 5322, 2.1.1)
PLAIN = re.compile(r"[ -~]{0,900}")


class LetterPolicy(Compat32):
    """Writes headers; the ones that are not plain by Python's modern policy, as Odoo set it up."""

    def fold_binary(self, name, value):
        value = str(value)
        if PLAIN.fullmatch(value):
            return f"{name}: {value}\r\n".encode("ascii")
        return _folded(name, value)


@lru_cache(maxsize=512)
def _folded(name, value):
    # looked up late: Odoo puts a policy of its own there
    policy = email.policy.SMTP
    return policy.fold_binary(*policy.header_store_parse(name, value))


POLICY = LetterPolicy(linesep="\r\n")


def letter(headers, text, html):
    """Build a mail with its text in two forms.

    :param headers: ``[(name, value)]``, values in Unicode; empty ones are left out
    :param str text: what a reader without HTML sees
    :param str html: what the others see
    :returns: ``email.message.Message`` for ``smtplib.SMTP.send_message``
    :raises ValueError: when a header has a line break
    """
    message = Message(policy=POLICY)
    for name, value in headers:
        if value:
            if "\n" in value or "\r" in value:
                raise ValueError(f"line break in the header {name}")
            message[name] = value
    boundary = f"=={secrets.token_hex(12)}=="
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    parts = [_part(boundary, "plain", text), _part(boundary, "html", html)]
    message.set_payload(f"{''.join(parts)}--{boundary}--\r\n")
    return message


def _part(boundary, subtype, content):
    lines = content.replace("\r\n", "\n").replace("\r", "\n")
    if not lines.endswith("\n"):
        lines += "\n"
    encoded = b2a_qp(lines.encode()).decode("ascii").replace("\n", "\r\n")
    return (
        f"--{boundary}\r\n"
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n"
        f"\r\n{encoded}"
    )
