"""Requests that differ in a few values only: everything else of them is written once.

Writing and signing a request name by name takes three times as long as S3 needs to answer it. What isn't sure to come
out the same in this way is left to `quick.asked`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

from s3tui.s3.signature import Keys, Signer
from s3tui.s3.wire import LINES


class Form:
    """Requests of one operation on objects of one bucket, with the same parameters every time."""

    def __init__(
        self,
        method: str,
        host: str,
        headers: Mapping[str, str],
        signer: Signer | None,
        has_token: bool,
        written: Mapping[str, Callable[[Any], str]],
    ) -> None:
        """`headers` names the header (in lower case) of each parameter, `written` how those are written that aren't
        text."""
        self._signer, self._written = signer, written
        self._parameters = itemgetter(*headers, *headers) if headers else lambda _: ()  # twice: of one it is no tuple
        self.is_summed = is_summed(headers.values())
        fields = {header: f"%({parameter})s" for parameter, header in headers.items()}
        fields["host"] = host.replace("%", "%%")
        if signer:
            fields |= {"x-amz-content-sha256": "%(payload)s", "x-amz-date": "%(moment)s"}
        if signer and has_token:
            fields["x-amz-security-token"] = "%(token)s"
        ordered = sorted(fields.items())
        self._names = ";".join([name for name, _ in ordered])
        lines = "".join([f"{name}:{value}\n" for name, value in ordered])
        self._canonical = f"{method}\n%(path)s\n\n{lines}\n{self._names}\n%(payload)s"
        sent = [f"{name}: {value}\r\n" for name, value in ordered]
        sent += ["content-length: %(length)s\r\n"] if method == "PUT" else []
        sent += ["authorization: %(authorization)s\r\n"] if signer else []
        self._head = f"{method} %(path)s HTTP/1.1\r\n{''.join(sent)}{LINES}"

    def values(self, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
        """What `head` is made of; None when it can't be written as it is."""
        values = dict(parameters)
        if self._written:
            values |= {name: write(values[name]) for name, write in self._written.items()}
        return values if _are_plain(self._parameters(values)) else None

    def head(self, values: dict[str, Any], path: str, keys: Keys | None, payload: str, length: int) -> bytes:
        """The head of a request that is signed now, with `length` bytes behind it whose SHA-256 is `payload`."""
        values |= {"path": path, "payload": payload, "length": length}
        if self._signer and keys:
            stamp = self._signer.stamp(keys)
            values["moment"], values["token"] = stamp.moment, keys[2]
            values["authorization"] = stamp.authorization(self._names, self._canonical % values)
        return (self._head % values).encode("ascii")


def _are_plain(values: Sequence[object]) -> bool:
    """Whether these are texts that are signed as they are sent: white space is not."""
    try:
        text = "".join(values)  # type: ignore[arg-type]
    except TypeError:
        return False
    return text.isascii() and text.isprintable() and " " not in text and "" not in values


def is_summed(headers: Collection[str]) -> bool:
    """Whether one of them (in lower case) is a checksum of the body."""
    return "content-md5" in headers or any(name.startswith("x-amz-checksum-") for name in headers)
