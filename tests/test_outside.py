"""Calls to other systems: what may be called, and that it is what was checked. No database."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from odoo.addons.mail_workflow_automation.engine import outside
from odoo.addons.mail_workflow_automation.engine.outside import AllowList, RefusedError

from .hook import Hook

LIST = "hooks.example.com, *.shop.example.com:8443; 10.1.0.0/16 127.0.0.1:9000 [::1]"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x",
        "http://HOOKS.example.com:80/x",
        "https://eu.shop.example.com:8443/",
        "http://10.1.2.3/",
        "http://127.0.0.1:9000",
        "http://[::1]/",
    ],
)
def test_what_is_on_the_list_may_be_called(url):
    assert AllowList(LIST).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/x",
        "https://hooks.example.com.evil.example.org/",
        "https://hooks.example.com:8443/",
        "https://eu.shop.example.com/",
        "https://shop.example.com:8443/",
        "http://10.2.0.1/",
        "http://127.0.0.1/",
        "http://127.0.0.1:9001/",
        "http://2130706433:9000/",
        "http://user:password@hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "hooks.example.com",
        "http://[broken",
        "",
    ],
)
def test_what_is_not_is_refused(url):
    with pytest.raises(RefusedError):
        AllowList(LIST).check(url)
    assert "list" not in AllowList("").hosts


def test_a_name_that_leads_inside_needs_its_number_on_the_list():
    with Hook() as hook:
        url = hook.url.replace("127.0.0.1", "localhost")
        named = AllowList(f"localhost:{hook.port}")
        answer = outside.call(url, b"{}", {}, named, 5)
        assert "inside this network" in answer.error
        assert hook.calls == []
        both = AllowList(f"localhost:{hook.port}, 127.0.0.0/8")
        assert outside.call(url, b"{}", {}, both, 5).is_good
        assert hook.calls[0].headers["Host"] == f"localhost:{hook.port}"


def test_a_redirect_is_not_followed():
    with Hook() as hook:
        hook.statuses, hook.location = [302], hook.url
        answer = outside.call(hook.url, b"{}", {}, AllowList(hook.host), 5)
        assert (answer.status, len(hook.calls)) == (302, 1)
        assert answer.is_hopeless


def test_a_proxy_of_the_machine_is_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with Hook() as hook:
        assert outside.call(hook.url, b"{}", {}, AllowList(hook.host), 5).is_good


def test_who_does_not_answer_in_time_is_left():
    with Hook() as hook:
        hook.stall = 30
        answer = outside.call(hook.url, b"{}", {}, AllowList(hook.host), 0.3)
        assert answer.error == "no answer within 0.3 seconds"
        assert not answer.is_hopeless


def test_who_answers_byte_by_byte_is_left_when_the_time_is_over():
    with Hook() as hook:
        hook.trickle = 0.05  # in less than the time, each of them
        began = time.monotonic()
        answer = outside.call(hook.url, b"{}", {}, AllowList(hook.host), 0.5)
        assert answer.error == "no answer within 0.5 seconds"
        assert not answer.is_hopeless
        assert time.monotonic() - began < 5, "its head alone takes longer"


def test_who_looks_up_names_too_slowly_is_left(monkeypatch):
    answered = threading.Event()
    known = socket.getaddrinfo

    def slow(*args, **kwargs):
        answered.wait(30)
        return known(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Hook() as hook:
        began = time.monotonic()
        answer = outside.call(hook.url, b"{}", {}, AllowList(hook.host), 0.3)
        assert answer.error == "no answer within 0.3 seconds"
        assert not answer.is_hopeless
        assert time.monotonic() - began < 5
        answered.set()
        assert hook.calls == [], "nor is it called afterwards"
    unknown = "https://nobody.invalid/"
    error = outside.call(unknown, b"{}", {}, AllowList("nobody.invalid"), 5).error
    assert error and "within" not in error


def test_nobody_there_is_an_error_to_try_again():
    with Hook() as hook:
        url, host = hook.url, hook.host
    answer = outside.call(url, b"{}", {}, AllowList(host), 5)
    assert answer.error and not answer.is_hopeless


def test_of_a_long_answer_the_beginning_is_kept():
    with Hook() as hook:
        hook.answer = b"x\x00" * 100_000
        answer = outside.call(hook.url, b"{}", {}, AllowList(hook.host), 5)
        assert answer.text == "x" * 1024


def certificate(folder, name):
    """Make a certificate for a name that vouches for itself; return its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return tuple(map(str, files))


def test_a_certificate_is_checked_against_the_name_though_the_number_is_called(tmp_path):
    for name, is_good in (("localhost", True), ("elsewhere.example.com", False)):
        folder = tmp_path / name
        folder.mkdir()
        trusted, key = certificate(folder, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(trusted, key)
        with Hook(context) as hook:
            url = f"https://localhost:{hook.port}/"
            allowed = AllowList(f"localhost:{hook.port} 127.0.0.1/32")
            answer = outside.call(url, b"{}", {}, allowed, 5, verify=trusted)
            assert answer.is_good == is_good, answer
            assert "SSL" in outside.call(url, b"{}", {}, allowed, 5).error, "nobody vouches for it"
            assert len(hook.calls) == int(is_good)


def test_addresses_of_inner_networks_are_known():
    for address in ("169.254.169.254", "192.168.1.1", "127.8.8.8", "0.0.0.0", "::1", "fd00::1"):
        with pytest.raises(RefusedError):
            AllowList("anything.example.com").resolve(address, 80)
    assert AllowList("").resolve("8.8.8.8", 80) == "8.8.8.8"
    assert ipaddress.ip_address("8.8.8.8").is_global
