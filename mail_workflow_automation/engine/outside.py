"""Calls to other systems: only to hosts on a list, and to the very address that was checked."""

import hashlib
import hmac
import ipaddress
import queue
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

PORTS = {"http": 80, "https": 443}
MOST_ANSWER = 2048
# what may be different at the next attempt
PASSING = {408, 409, 425, 429}


class RefusedError(ValueError):
    """The address may not be called; the message says why."""


@dataclass(frozen=True)
class Answer:
    """What came of a call: an HTTP status with the beginning of the answer, or an error."""

    status: int = 0
    text: str = ""
    error: str = ""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_hopeless(self) -> bool:
        """Tell whether another attempt would have the same answer."""
        return 300 <= self.status < 500 and self.status not in PASSING


class AllowList:
    """The hosts that may be called: ``example.com``, ``*.example.com``, ``10.0.0.0/8``.

    A port other than the usual one is named, too (``example.com:8443``). A name that leads to an
    address of an inner network is refused unless that address or network is on the list itself.
    """

    def __init__(self, text: str):
        self.hosts, self.networks = set(), []
        for entry in re.split(r"[\s,;]+", (text or "").strip()):
            host, _colon, port = entry.lower().partition(":")
            if ":" in port:  # an address of version 6
                host, port = entry.lower().strip("[]"), ""
            if host:
                self.hosts.add((host, int(port) if port.isdecimal() else None))
                try:
                    self.networks.append(ipaddress.ip_network(host, strict=False))
                except ValueError:
                    continue

    def check(self, url: str) -> tuple[str, str, int]:
        """Return ``(scheme, host, port)`` of an address that may be called.

        :raises RefusedError: for any other
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise RefusedError(f"“{url}” is no address") from error
        if parts.scheme not in PORTS or not host or parts.username or parts.password:
            raise RefusedError("write the address as https://host/path")
        usual = PORTS[parts.scheme]
        asked = None if port in (None, usual) else port
        if not any(self._names(entry, host) and asked == known for entry, known in self.hosts):
            where = f"{host}:{asked}" if asked else host
            raise RefusedError(f"“{where}” is not on the list of hosts that may be called")
        return parts.scheme, host, port or usual

    def _names(self, entry, host):
        if entry.startswith("*."):
            return host.endswith(entry[1:])
        if entry == host:
            return True
        try:
            return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False

    def resolve(self, host: str, port: int) -> str:
        """Return the network address to connect to.

        :raises RefusedError: when it is of an inner network that is not on the list
        :raises OSError: when the name is not known
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for *_rest, (address, *_port) in found:
            known = ipaddress.ip_address(address.partition("%")[0])
            known = getattr(known, "ipv4_mapped", None) or known
            if known.is_global and not known.is_multicast:
                return address
            if any(known in network for network in self.networks):
                return address
        raise RefusedError(f"“{host}” is inside this network; it must be on the list by number")


class _Limit:
    """The time that a call may take in all: then its connection is cut.

    A timeout of a socket begins anew with each byte, and a server may send them one by one.
    """

    def __init__(self, seconds):
        self.is_over = False
        self._sockets = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, *exception):
        self._timer.cancel()
        for one in self._sockets:
            one.close()

    def hold(self, made):
        """Cut this socket, too, when the time is over."""
        self._sockets.append(made.dup())  # what encrypts takes the socket itself away
        if self.is_over:
            self._cut()

    def _cut(self):
        self.is_over = True
        for one in self._sockets:
            with suppress(OSError):  # the other side was faster
                one.shutdown(socket.SHUT_RDWR)


class _Pinned(HTTPAdapter):
    """Connects to a given address, whatever the name leads to by now; the certificate is checked
    against the name. The connection ends with the time of the call."""

    def __init__(self, scheme, host, port, address, limit):
        self._address = f"[{address}]" if ":" in address else address
        self._host, self._port, self._scheme = host, port, scheme
        self._limit = limit
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args, **kwargs):
        if self._scheme == "https":
            kwargs.update(server_hostname=self._host, assert_hostname=self._host)
        result = super().init_poolmanager(*args, **kwargs)
        pools = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {
            scheme: _limited(pool, self._limit) for scheme, pool in pools.items()
        }
        return result

    def send(self, request, *args, **kwargs):
        parts = urlsplit(request.url)
        request.headers["Host"] = parts.netloc
        place = f"{self._address}:{self._port}"
        request.url = urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))
        return super().send(request, *args, **kwargs)


def _limited(pool, limit):
    """Return a kind of connection pool whose connections end with a limit."""

    class Connection(pool.ConnectionCls):
        def _new_conn(self):
            made = super()._new_conn()
            limit.hold(made)
            return made

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def sign(secret: str, stamp: str, body: bytes) -> str:
    """Return the signature of a body at a time, as the receiver computes it."""
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def _resolve_within(seconds: float, allowed: AllowList, host: str, port: int) -> str:
    """Return the network address to connect to, see ``AllowList.resolve``.

    What asks for names cannot be told how long it may take: it is asked aside, and left alone.

    :raises TimeoutError: when nobody knows the name in time
    """
    found = queue.SimpleQueue()

    def ask():
        try:
            found.put((allowed.resolve(host, port), None))
        except (RefusedError, OSError, ValueError) as error:
            found.put(("", error))

    threading.Thread(target=ask, daemon=True).start()
    try:
        address, error = found.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error:
        raise error
    return address


def call(
    url: str,
    body: bytes,
    headers: dict,
    allowed: AllowList,
    timeout: float,
    verify: bool | str = True,
) -> Answer:
    """POST a body. No redirect is followed, no proxy used; never raises.

    :param timeout: seconds that it may take in all
    """
    late = Answer(error=f"no answer within {timeout:g} seconds")
    until, limit = time.monotonic() + timeout, None
    try:
        scheme, host, port = allowed.check(url)
        address = _resolve_within(timeout, allowed, host, port)
        left = max(0.001, until - time.monotonic())
        limit = _Limit(left)
        with limit, requests.Session() as session:
            session.trust_env = False
            session.verify = verify
            session.mount(f"{scheme}://", _Pinned(scheme, host, port, address, limit))
            with session.post(
                url,
                data=body,
                headers=headers,
                timeout=left,
                allow_redirects=False,
                stream=True,
            ) as response:
                # of a head that was cut nobody knows what is missing
                return late if limit.is_over else Answer(response.status_code, _text(response))
    except (requests.Timeout, TimeoutError):
        return late
    except RefusedError as error:
        return Answer(error=str(error))
    except (requests.RequestException, OSError, ValueError) as error:
        is_over = limit and limit.is_over
        return late if is_over else Answer(error=f"{type(error).__name__}: {error}"[:500])


def _text(response):
    """Return the first bytes of an answer as text; of one that trickles what came in time."""
    found = bytearray()
    with suppress(requests.RequestException):  # the status is what counts
        for byte in response.iter_content(1):
            found += byte
            if len(found) >= MOST_ANSWER:
                break
    return found.decode("utf-8", errors="replace").replace("\x00", "")
