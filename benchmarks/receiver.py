"""A mail server that only counts: so fast that it is never what a figure measures.

usage: python -m benchmarks.receiver [SAMPLE]

Prints its port. The first message is kept in the file SAMPLE. It answers one verb of its own:
`XCOUNT` tells how many messages came and how many different Message-Ids they had.
"""

import asyncio
import re
import smtplib
import subprocess
import sys
from contextlib import contextmanager

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"


class _Counts:
    def __init__(self, sample):
        self.sample = sample
        self.messages = 0
        self.ids = set()

    def take(self, message):
        if self.sample and not self.messages:
            with open(self.sample, "wb") as file:
                file.write(message)
        self.messages += 1
        found = MESSAGE_ID.search(message, 0, message.find(b"\r\n\r\n"))
        self.ids.add(found.group(1) if found else self.messages)


class _Session(asyncio.Protocol):
    def __init__(self, counts):
        self.counts = counts
        self.parts = []
        self.tail = b""
        self.in_message = False

    def connection_made(self, transport):
        self.transport = transport
        self._say(b"220 bench")

    def data_received(self, data):
        while data:
            data = self._message(data) if self.in_message else self._command(data)

    def _message(self, data):
        """Collect a message; return what follows it."""
        self.parts.append(data)
        if END not in self.tail + data:
            self.tail = (self.tail + data)[-len(END) :]
            return b""
        message, _, rest = b"".join(self.parts).partition(END)
        self.parts, self.tail, self.in_message = [], b"", False
        self.counts.take(message)
        self._say(b"250 counted")
        return rest

    def _command(self, data):
        line, end, rest = (self.tail + data).partition(b"\r\n")
        if not end:
            self.tail = line
            return b""
        self.tail = b""
        verb = line[:4].upper()
        if verb == b"DATA":
            self.in_message = True
            self._say(b"354 go on")
        elif verb == b"EHLO":
            self._say(b"250-bench\r\n250-8BITMIME\r\n250 SMTPUTF8")
        elif verb == b"XCOU":
            self._say(f"250 {self.counts.messages} {len(self.counts.ids)}".encode())
        elif verb == b"QUIT":
            self._say(b"221 bye")
            self.transport.close()
        else:
            self._say(b"250 OK")
        return rest

    def _say(self, words):
        self.transport.write(words + b"\r\n")


async def _serve(sample):
    counts = _Counts(sample)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Session(counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Receiver:
    """The mail server in a process of its own, as a client sees it."""

    def __init__(self, port):
        self.port = port

    def counts(self):
        """Return how many messages came so far, and how many different ones."""
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            _code, answer = client.docmd("XCOUNT")
        return tuple(map(int, answer.split()))


@contextmanager
def running(sample=""):
    """Run the mail server."""
    command = [sys.executable, "-m", "benchmarks.receiver", str(sample)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield Receiver(int(process.stdout.readline()))
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1] if sys.argv[1:] else ""))
