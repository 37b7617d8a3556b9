"""Another system that is called: a real HTTP server, which can be told to misbehave."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Call:
    path: str
    headers: dict
    body: bytes


class Trickle:
    """A stream that sends byte by byte."""

    def __init__(self, stream, seconds, released):
        self._stream, self._seconds, self._released = stream, seconds, released

    def write(self, data):
        with suppress(OSError):  # nobody waits for the rest
            for place in range(len(data)):
                if self._released.wait(self._seconds):
                    return
                self._stream.write(data[place : place + 1])

    def __getattr__(self, name):
        return getattr(self._stream, name)


class Hook:
    """The server, in threads of its own. ``calls`` are those it got, in order.

    ``statuses`` are its next answers, 200 when there are none; ``stall`` keeps it from answering
    for so many seconds; ``trickle`` lies between any two of its bytes, the status first; with
    ``location`` it is a redirect.
    """

    def __init__(self, context=None):
        self.calls, self.statuses = [], []
        self.answer, self.stall, self.location = b'{"fine": true}', 0, None
        self.trickle = 0
        self._context = context
        self._released = threading.Event()

    def __enter__(self):
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                hook.calls.append(Call(self.path, dict(self.headers), self.rfile.read(length)))
                if hook.stall:
                    hook._released.wait(hook.stall)
                if hook.trickle:
                    self.wfile = Trickle(self.wfile, hook.trickle, hook._released)
                self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
                if hook.location:
                    self.send_header("Location", hook.location)
                self.send_header("Content-Length", str(len(hook.answer)))
                self.end_headers()
                self.wfile.write(hook.answer)

            def do_GET(self):
                hook.calls.append(Call(self.path, dict(self.headers), b""))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if self._context:
            self._server.socket = self._context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.host}/told?by=odoo"

    def effects(self):
        """Return how many different things a receiver would do that heeds the key."""
        return len({call.headers["Idempotency-Key"] for call in self.calls})
