"""Pictures of web pages by Debian's chromium, logged into Odoo if asked.

usage: python dev/browser.py install
       python dev/browser.py screenshot --url URL --out FILE [--login USER:PASSWORD --db NAME]
              [--width N] [--height N] [--click CSS]... [--wait-for CSS] [--full]
"""

import argparse
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

import requests
import websocket

from dev.environment import CHROMIUM
from dev.paths import MissingError, one_line_errors, run_logged, say

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--disable-extensions", "--hide-scrollbars"),
    *("--force-device-scale-factor=1", "--lang=en-US", "--remote-debugging-port=0"),
    "--remote-allow-origins=*",
]
LIMIT = 60  # seconds that a page, or an element waited for, may take
ENDLESS = "/bus/websocket_worker_bundle"  # a shared worker's script: its end is not reported
QUIET = 0.7  # seconds without a request after which a page is done


def find():
    """Return the path of chromium; install it if that is possible."""
    path = _find()
    if path:
        return path
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingError("chromium is missing: install it (apt-get install chromium)")
    say("installing Debian's chromium (a minute or two)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    failure = "chromium cannot be installed"
    words = ["apt-get", "-q", "-y"]
    run_logged([*words, "update"], "chromium", failure, env=environment)
    install = [*words, "--no-install-recommends", "install", "chromium"]
    run_logged(install, "chromium", failure, env=environment)
    return _find()


def _find():
    names = [os.environ.get("CHROMIUM"), *CHROMIUM]
    return next((path for path in map(shutil.which, filter(None, names)) if path), None)


def log_in(url, database, user, password):
    """Return the session cookies of a user of the Odoo that serves `url`."""
    parts = urllib.parse.urlsplit(url)
    parameters = {"db": database, "login": user, "password": password}
    session = requests.Session()
    answer = session.post(
        f"{parts.scheme}://{parts.netloc}/web/session/authenticate",
        json={"jsonrpc": "2.0", "params": parameters},
        timeout=LIMIT,
    ).json()
    if not answer.get("result", {}).get("uid"):
        raise MissingError(f"{user} cannot log into {database} at {parts.netloc}")
    return session.cookies.get_dict()


def screenshot(url, path, width=1440, height=900, cookies=None, **options):
    """Take a picture of a page once it is quiet.

    Options: `click` and `wait_for` as in `Browser.open`, `full` for the whole length.
    """
    full = options.pop("full", False)
    with Browser(width, height) as browser:
        browser.open(url, cookies, **options)
        browser.picture(path, full)


class Browser:
    """A headless chromium with an empty profile and one page, driven by its devtools protocol."""

    def __init__(self, width=1440, height=900):
        self.size = (width, height)
        self.failures = []
        self._number = 0
        self._busy = set()
        self._active = time.monotonic()

    def __enter__(self):
        self._profile = tempfile.mkdtemp(prefix="mwa-chromium-")
        self._process = subprocess.Popen(
            [find(), *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, url, cookies=None, click=(), wait_for=None):
        """Open a page, click elements one after the other, wait for one; selectors are CSS."""
        for name, value in (cookies or {}).items():
            self.call("Network.setCookie", name=name, value=value, url=url)
        self.call("Page.navigate", url=url)
        self.settle()
        for selector in click:
            self.wait_for(selector)
            self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
            self.settle()
        if wait_for:
            self.wait_for(wait_for)
            self.settle()

    def picture(self, path, full=False):
        """Write a picture of what is visible, or of the whole page."""
        result = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        Path(path).write_bytes(base64.b64decode(result["data"]))

    def evaluate(self, expression):
        """Return the value of a JavaScript expression in the page."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description"))
        return result["result"].get("value")

    def wait_for(self, selector, limit=LIMIT):
        """Wait until an element is there."""
        deadline = time.monotonic() + limit
        while not self.evaluate(f"!!document.querySelector({json.dumps(selector)})"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {selector} in the page after {limit} s")
            self._receive(0.1)

    def settle(self, limit=LIMIT):
        """Wait until the page is loaded and has asked for nothing for a moment."""
        deadline = time.monotonic() + limit
        self._active = time.monotonic()
        while time.monotonic() < min(deadline, self._active + QUIET) or self._busy:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the page still loads after {limit} s: {self._busy}")
            self._receive(0.1)
        self.evaluate("document.fonts.ready.then(() => true)")

    def call(self, method, **parameters):
        """Call a method of the devtools protocol; return its result."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            answer = self._receive(1)
            if answer and answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
        raise TimeoutError(f"chromium does not answer to {method}")

    def _connect(self):
        port_file = Path(self._profile, "DevToolsActivePort")
        deadline = time.monotonic() + LIMIT
        while not (port_file.exists() and port_file.read_text().count("\n")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise MissingError("chromium does not start: try `chromium --headless` by hand")
            time.sleep(0.05)
        port = port_file.read_text().split()[0]
        pages = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=LIMIT).json()
        page = next(page for page in pages if page["type"] == "page")
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"])
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")
        width, height = self.size
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def _receive(self, seconds):
        """Take one message from the browser, nothing if none comes in time."""
        self._socket.settimeout(seconds)
        try:
            message = json.loads(self._socket.recv())
        except websocket.WebSocketTimeoutException:
            return None
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method, parameters):
        """Keep track of requests under way and of errors in the page."""
        if method == "Network.requestWillBeSent":
            if ENDLESS not in parameters["request"]["url"]:
                self._busy.add(parameters["requestId"])
        elif method in ("Network.loadingFinished", "Network.loadingFailed"):
            self._busy.discard(parameters["requestId"])
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.failures.append(details.get("exception", {}).get("description", details["text"]))
        else:
            return
        self._active = time.monotonic()


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Take pictures of web pages.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install chromium if it is missing")
    command = commands.add_parser("screenshot")
    command.add_argument("--url", required=True)
    command.add_argument("--out", required=True)
    command.add_argument("--login", metavar="USER:PASSWORD")
    command.add_argument("--db")
    command.add_argument("--width", type=int, default=1440)
    command.add_argument("--height", type=int, default=900)
    command.add_argument("--click", action="append", default=[], metavar="CSS")
    command.add_argument("--wait-for", metavar="CSS")
    command.add_argument("--full", action="store_true", help="the whole length of the page")
    with one_line_errors():
        _run(parser.parse_args())


def _run(options):
    find()
    if options.command == "install":
        return
    cookies = None
    if options.login:
        user, _, password = options.login.partition(":")
        cookies = log_in(options.url, options.db, user, password)
    with Browser(options.width, options.height) as browser:
        browser.open(options.url, cookies, options.click, options.wait_for)
        browser.picture(options.out, options.full)
        for failure in browser.failures:
            say(f"error in the page: {failure}")


if __name__ == "__main__":
    main()
