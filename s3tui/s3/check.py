"""*Test* of a profile: what works, in the order in which it would fail."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from s3tui.display import counted, duration
from s3tui.errors import BadInput, S3tuiError
from s3tui.profiles.model import Profile
from s3tui.s3 import errors, regions, session
from s3tui.s3.client import Connection
from s3tui.s3.failures import unreachable

_TOO_FAR = 15 * 60  # seconds; S3 refuses signatures beyond (RequestTimeTooSkewed)
_WORTH_SAYING = 60

State = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried. `detail` says what was found, `advice` what to do about a failure."""

    name: str
    state: State
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the first connection goes: the endpoint, or the proxy before it."""

    host: str
    port: int
    tls: bool
    proxy: bool


def check(profile: Profile, mfa_code: Callable[[str], str] | None = None) -> Iterator[Step]:
    """Try, one after the other: name resolves, port answers, TLS, signature, ListBuckets, clock.

    Never raises `S3tuiError`: a failure is a step, and what depends on it is skipped. Blocks; where nothing
    answers, some 20 s in all.
    """
    connection = Connection(profile, mfa_code)
    failed = False
    try:
        for name, trial in _TRIALS:
            # Whatever went wrong, the clock is known as soon as anything answered, and may be the reason.
            if failed and trial is not _clock:
                yield Step(name, "skipped", "Not tried.")
                continue
            step = _tried(name, trial, connection)
            failed = failed or step.state == "failed"
            yield step
    finally:
        connection.close()


def _tried(name: str, trial: Callable[[Connection], tuple[State, str]], connection: Connection) -> Step:
    try:
        state, detail = trial(connection)
    except (S3tuiError, OSError) as error:
        failure = error if isinstance(error, S3tuiError) else unreachable(error)
        evidence = f" ({failure.evidence})" if isinstance(failure, errors.S3Error) and failure.request.status else ""
        return Step(name, "failed", failure.sentence + evidence, failure.advice)
    return Step(name, state, detail)


def _place(connection: Connection) -> _Place:
    from botocore.utils import get_environ_proxies

    profile = connection.profile
    region = profile.region or regions.DEFAULT
    url = profile.endpoint or f"https://s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    try:
        own = urlsplit(url)
        proxy = get_environ_proxies(url).get(own.scheme)
        first = urlsplit(proxy if "//" in proxy else f"http://{proxy}") if proxy else own
        port = first.port or (443 if first.scheme == "https" else 80)
    except ValueError as error:
        raise BadInput(f"“{url}” is not an endpoint: {error}.", "Write https://host:port.") from error
    if not first.hostname or own.scheme not in ("http", "https"):
        raise BadInput(f"“{url}” is not an endpoint.", "Write https://host:port.")
    return _Place(first.hostname, port, own.scheme == "https", bool(proxy))


def _name(connection: Connection) -> tuple[State, str]:
    place = _place(connection)
    found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    whose = "The proxy " if place.proxy else ""
    if addresses == [place.host]:
        return "ok", f"{whose}{place.host} is an address already."
    return "ok", f"{whose}{place.host} is {', '.join(addresses[:4])}."


def _port(connection: Connection) -> tuple[State, str]:
    place = _place(connection)
    started = time.perf_counter()
    with socket.create_connection((place.host, place.port), timeout=session.CONNECT_SECONDS):
        milliseconds = round((time.perf_counter() - started) * 1000)
    whose = "The proxy's port" if place.proxy else "Port"
    return "ok", f"{whose} {place.port} answered in {milliseconds} ms."


def _tls(connection: Connection) -> tuple[State, str]:
    place = _place(connection)
    if not place.tls:
        return "skipped", "Plain http: all but the secret key can be read on the way."
    if place.proxy:
        return "skipped", "Behind a proxy it is tried together with the signature."
    context = _context(connection.profile)
    with (
        socket.create_connection((place.host, place.port), timeout=session.CONNECT_SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=place.host) as secure,
    ):
        checked = "the certificate is accepted" if context.verify_mode else "the certificate is NOT checked"
        return "ok", f"{secure.version()}; {checked}."


def _context(profile: Profile) -> ssl.SSLContext:
    """The same authorities as boto3 will use."""
    from botocore.httpsession import get_cert_path

    verify = session.verification(profile)
    if isinstance(verify, bool):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    usual = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=verify or usual or str(get_cert_path(True)))


def _signature(connection: Connection) -> tuple[State, str]:
    """Any answer but one about the signature will do."""
    anonymous = connection.profile.credentials == "anonymous"
    named = connection.profile.buckets
    try:
        if named:
            connection.call("list_objects_v2", Bucket=named[0], MaxKeys=1)
        else:
            connection.call("list_buckets")
    except errors.Unreachable:
        raise
    except errors.S3Error as refusal:
        about_others = (errors.AccessDenied, errors.NoSuchBucket, errors.WrongRegion, errors.Unsupported)
        if not anonymous and not isinstance(refusal, about_others):
            raise
        if not anonymous:
            # Some servers say AccessDenied of a wrong key too, so this is not called a proof.
            said = refusal.request.code or f"HTTP {refusal.request.status}"
            return "ok", f"The endpoint answered {said}, so it found nothing wrong with the signature."
    return ("skipped", "Anonymous: nothing is signed.") if anonymous else ("ok", "The key and its secret are right.")


def _listing(connection: Connection) -> tuple[State, str]:
    named = connection.profile.buckets
    try:
        found = len(connection.call("list_buckets").get("Buckets") or [])
        return "ok", f"{counted(found, 'bucket')} listed."
    except (errors.AccessDenied, errors.Unsupported, errors.WrongRegion) as refusal:
        if not named:
            refusal.advice = "Name the buckets in the profile, or go to one with Ctrl+G."
            raise
    for name in named:
        connection.call("list_objects_v2", Bucket=name, MaxKeys=1)
    return "ok", f"Denied, but not needed: {counted(len(named), 'named bucket')} can be listed."


def _clock(connection: Connection) -> tuple[State, str]:
    if connection.clock_ahead is None:
        return "skipped", "The endpoint did not say what time it is."
    seconds = connection.clock_ahead.total_seconds()
    apart = duration(abs(seconds))
    if abs(seconds) < _WORTH_SAYING:
        return "ok", "Both clocks agree."
    sentence = f"The endpoint's clock is {apart} {'ahead of' if seconds > 0 else 'behind'} this machine's."
    if abs(seconds) >= _TOO_FAR:
        raise errors.ClockSkew(sentence, "S3 refuses requests that are more than 15 minutes off: set the clock.")
    return "ok", sentence


_TRIALS: tuple[tuple[str, Callable[[Connection], tuple[State, str]]], ...] = (
    ("Name resolves", _name),
    ("Port answers", _port),
    ("TLS", _tls),
    ("Signature accepted", _signature),
    ("Buckets listed", _listing),
    ("Clock", _clock),
)
