"""A mail server that keeps each message as a file and can be told to misbehave.

usage: python dev/receiver.py [--port N] [--folder F] [--fail FILE]

Prints `listening PORT`. Messages become NNNNNN.eml, complete as soon as they have that name, with
three lines put before their own: X-Received-At (seconds since 1970), X-Mail-From, X-Rcpt-To.

While FILE exists, its content decides what happens to a message:
    451 try later            the reply to each RCPT TO
    DATA 554 no thanks       the reply to the message itself, after it was sent
    DATA drop                the message is kept, and the connection closed before the reply
    stall                    no reply at all to RCPT TO, the connection stays open
    stall 3                  no reply to RCPT TO for so many seconds, then the connection is closed
    drop                     the connection is closed at RCPT TO
"""

import argparse
import asyncio
import email
import email.policy
import itertools
import os
import threading
import time
from collections import Counter
from pathlib import Path

from aiosmtpd.controller import Controller

SIZE_LIMIT = 50_000_000


class Receiver:
    """The mail server, in a thread of its own.

    `fail` may be set at any time: to the text described above, or None. The text in the
    control file, if that file exists, counts first. `misdeeds` counts what was done to messages,
    `unanswered` holds the files of those kept without a reply.
    """

    def __init__(self, folder, port=0, fail_file=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.fail = None
        self.per_session = None  # how many mails it takes in one session
        self.misdeeds = Counter()
        self.unanswered = []
        self.fail_file = Path(fail_file) if fail_file else None
        self.port = port
        self._controller = None
        self._lock = threading.Lock()
        taken = [int(path.stem) for path in self.folder.glob("[0-9]*.eml")]
        self._numbers = itertools.count(max(taken, default=0) + 1)

    def start(self):
        """Listen; `port` then holds the port."""
        handler = _Handler(self)
        self._controller = _AnyPort(
            handler, hostname="127.0.0.1", port=self.port, data_size_limit=SIZE_LIMIT
        )
        self._controller.start()
        self.port = self._controller.server.sockets[0].getsockname()[1]
        return self

    def stop(self):
        """Stop listening; the files stay."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()

    def messages(self):
        """Return all messages so far in the order of their arrival, parsed."""
        paths = sorted(self.folder.glob("[0-9]*.eml"))
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in paths
        ]

    def clear(self):
        """Forget all messages so far."""
        for path in self.folder.glob("[0-9]*.eml"):
            path.unlink()

    def orders(self):
        """Return the words of the current order to fail, none if all is well."""
        try:
            return self.fail_file.read_text().split() if self.fail_file else self._set_orders()
        except FileNotFoundError:
            return self._set_orders()

    def _set_orders(self):
        return (self.fail or "").split()

    def keep(self, envelope):
        """Write one message, atomically; return its file."""
        head = (
            f"X-Received-At: {time.time():.3f}\r\n"
            f"X-Mail-From: {envelope.mail_from}\r\n"
            f"X-Rcpt-To: {', '.join(envelope.rcpt_tos)}\r\n"
        )
        with self._lock:
            path = self.folder / f"{next(self._numbers):06d}.eml"
            half = path.with_suffix(".tmp")
            half.write_bytes(head.encode() + envelope.original_content)
            half.rename(path)
        return path


class _AnyPort(Controller):
    """A controller that may be given port 0: it asks the socket for the real one."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class _Handler:
    def __init__(self, receiver):
        self.receiver = receiver

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        session.mails = getattr(session, "mails", 0) + 1
        if self.receiver.per_session and session.mails > self.receiver.per_session:
            return "421 so many mails are enough for one session"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        words = self.receiver.orders()
        if words and words[0] != "DATA":
            self.receiver.misdeeds[words[0]] += 1
            return await self._refuse(server, words)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def _refuse(self, server, words):
        if words[0] == "stall":
            await asyncio.sleep(float(words[1]) if words[1:] else 3600)
        if words[0] in ("stall", "drop"):
            server.transport.abort()
            return "421 closing"
        return " ".join(words)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        words = self.receiver.orders()
        if words[:1] == ["DATA"]:
            self.receiver.misdeeds[" ".join(words[:2])] += 1
        if words == ["DATA", "drop"]:
            self.receiver.unanswered.append(self.receiver.keep(envelope))
            server.transport.abort()
            return "421 closing"
        if words[:1] == ["DATA"]:
            return " ".join(words[1:])
        self.receiver.keep(envelope)
        return "250 kept"


def main():
    """Receive mails until interrupted."""
    parser = argparse.ArgumentParser(description="Receive mails into a folder.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", default=os.path.join(os.environ["MWA_BUILD"], "mails"))
    parser.add_argument("--fail", metavar="FILE", help="control file, see dev/receiver.py")
    options = parser.parse_args()
    with Receiver(options.folder, options.port, options.fail) as receiver:
        print(f"listening {receiver.port}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
