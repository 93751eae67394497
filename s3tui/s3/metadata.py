"""What an object says about itself: the headers S3 keeps with it, and the user's own metadata.

Values are kept as the server sent them. Outside ASCII a value travels as an RFC 2047 encoded word, so
`readable` is for people and `sent` is for the wire.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Literal

from s3tui.errors import BadInput

USER_LIMIT = 2048  # bytes; S3 user guide, "Working with object metadata"
SYSTEM_LIMIT = 2048
DEFAULT_TYPE = "binary/octet-stream"  # what S3 stores when it is told no content type
USER_PREFIX = "x-amz-meta-"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Everything a copy onto itself with `MetadataDirective=REPLACE` sets. An empty text means: not set."""

    content_type: str = ""
    cache_control: str = ""
    content_disposition: str = ""
    content_encoding: str = ""
    content_language: str = ""
    expires: str = ""  # an HTTP date; what the server sent, if that is something else
    website_redirect: str = ""
    user: tuple[tuple[str, str], ...] = ()  # name (without x-amz-meta-), value


@dataclass(frozen=True, slots=True)
class Field:
    """One header that S3 keeps: our attribute, S3's header, boto3's parameter, an example."""

    attribute: str
    header: str
    parameter: str
    example: str

    def of(self, metadata: Metadata) -> str:
        return str(getattr(metadata, self.attribute))


FIELDS = (
    Field("content_type", "Content-Type", "ContentType", "application/json"),
    Field("cache_control", "Cache-Control", "CacheControl", "max-age=3600"),
    Field("content_disposition", "Content-Disposition", "ContentDisposition", 'attachment; filename="report.pdf"'),
    Field("content_encoding", "Content-Encoding", "ContentEncoding", "gzip"),
    Field("content_language", "Content-Language", "ContentLanguage", "en-GB"),
    Field("expires", "Expires", "Expires", "Wed, 21 Oct 2026 07:28:00 GMT"),
    Field("website_redirect", "x-amz-website-redirect-location", "WebsiteRedirectLocation", "/elsewhere.html"),
)
_BY_NAME = {field.header.lower(): field for field in FIELDS} | {
    field.attribute.replace("_", "-"): field for field in FIELDS
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a change does; values are in their readable form."""

    kind: Literal["added", "changed", "removed"]
    name: str
    before: str
    after: str

    def __str__(self) -> str:
        if self.kind == "changed":
            return f"~ {self.name}: {self.before} -> {self.after}"
        return f"+ {self.name}: {self.after}" if self.kind == "added" else f"- {self.name}: {self.before}"


def from_answer(answer: Mapping[str, Any]) -> Metadata:
    """The metadata in boto3's answer to HeadObject or GetObject."""
    user = {str(name): _utf8(str(value)) for name, value in (answer.get("Metadata") or {}).items()}
    system = {field.attribute: _utf8(str(answer.get(field.parameter) or "")) for field in FIELDS}
    expires = answer.get("ExpiresString")
    if not expires and isinstance(answer.get("Expires"), datetime):
        expires = format_datetime(answer["Expires"].astimezone(UTC), usegmt=True)
    return Metadata(**(system | {"expires": str(expires or "")}), user=tuple(sorted(user.items())))


def _utf8(value: str) -> str:
    # http.client reads headers as Latin-1; servers that send raw bytes (RGW) mean UTF-8.
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def described(metadata: Metadata) -> list[tuple[str, str]]:
    """What is set, as S3's header and its readable value; user metadata last."""
    system = [(field.header, field.of(metadata)) for field in FIELDS if field.of(metadata)]
    return system + [(USER_PREFIX + name, readable(value)) for name, value in metadata.user]


def parameters(metadata: Metadata) -> dict[str, Any]:
    """`metadata` as parameters of CopyObject, PutObject and CreateMultipartUpload. Raises `BadInput`."""
    if complaints := problems(metadata):
        raise BadInput(complaints[0])
    found: dict[str, Any] = {field.parameter: field.of(metadata) for field in FIELDS if field.of(metadata)}
    if metadata.expires:
        found["Expires"] = _date(metadata.expires)
    return found | {"Metadata": {name: sent(value) for name, value in metadata.user}}


def readable(value: str) -> str:
    """`value` with RFC 2047 encoded words decoded; unchanged when it holds none, or broken ones."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value


def sent(value: str) -> str:
    """`value` as it travels: ASCII as it is, anything else as one RFC 2047 encoded word."""
    if value.isascii():
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode('utf-8', 'surrogatepass')).decode('ascii')}?="


def set_value(metadata: Metadata, name: str, value: str) -> Metadata:
    """`metadata` with one thing set; an empty `value` removes it.

    `name` is a header that S3 keeps (`content-type`, `website-redirect` …, in any case), `x-amz-meta-NAME`, or
    a plain name of user metadata.
    """
    if field := _BY_NAME.get(name.lower()):
        changed: dict[str, Any] = {field.attribute: value}
        return replace(metadata, **changed)
    plain = name[len(USER_PREFIX) :] if name.lower().startswith(USER_PREFIX) else name
    others = tuple(pair for pair in metadata.user if pair[0].lower() != plain.lower())
    return replace(metadata, user=tuple(sorted((*others, (plain, value)))) if value else others)


def differences(old: Metadata, new: Metadata) -> list[Difference]:
    """What turning `old` into `new` does, header by header. Names differ by more than case, values by meaning
    (the same words in another encoding, the same moment in another form are no difference)."""
    pairs = [(field.header, _meaning(field, old), _meaning(field, new)) for field in FIELDS]
    found = [_difference(name, was or None, now or None) for name, was, now in pairs if was != now]
    before = {name.lower(): readable(value) for name, value in old.user}
    after = {name.lower(): readable(value) for name, value in new.user}
    return found + pair_differences(before, after)


def pair_differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """What turning the names and values `before` into `after` does, by name."""
    return [
        _difference(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _difference(name: str, before: str | None, after: str | None) -> Difference:
    if before is None:
        return Difference("added", name, "", after or "")
    return Difference("changed" if after is not None else "removed", name, before, after or "")


def _meaning(field: Field, metadata: Metadata) -> str:
    value = field.of(metadata)
    if field.attribute == "content_type":
        # S3 never leaves it empty; servers differ in the name they give to "just bytes".
        return value or DEFAULT_TYPE
    if field.attribute == "expires" and (moment := _date(value)):
        return format_datetime(moment, usegmt=True)
    return readable(value)


NOTHING = Metadata()


def problems(metadata: Metadata) -> list[str]:
    """Every rule of S3 that `metadata` breaks, one sentence each."""
    if metadata == NOTHING:
        return []
    found = [text for field in FIELDS if (text := _field_problem(field, field.of(metadata)))]
    for name, value in metadata.user:
        found += _user_problems(name, value)
    counted = Counter(name.lower() for name, _ in metadata.user)
    found += [f"“{name}” is there twice: S3 does not tell capitals apart." for name, n in counted.items() if n > 1]
    user = sum(len(name.encode("utf-8", "surrogatepass")) + len(sent(value)) for name, value in metadata.user)
    if user > USER_LIMIT:
        found.append(f"User metadata takes {user:,} bytes, names included; S3 allows {USER_LIMIT:,}.")
    system = sum(len(field.header) + len(field.of(metadata)) for field in FIELDS if field.of(metadata))
    if system > SYSTEM_LIMIT:
        found.append(f"The headers take {system:,} bytes; S3 allows {SYSTEM_LIMIT:,}.")
    return found


def _field_problem(field: Field, value: str) -> str:
    name = field.header
    if not value:
        return ""
    if field.attribute == "expires":
        return "" if _date(value) else f"{name} is not a date; write it like “{field.example}”."
    if not value.isascii() and field.attribute == "content_disposition":
        return f"{name} takes ASCII only; write other letters as filename*=UTF-8''caf%C3%A9.pdf."
    if not value.isascii() or not value.isprintable():
        return f"{name} takes printable ASCII characters only."
    if value != value.strip():
        return f"{name} starts or ends with a space, which would be lost."
    if field.attribute == "website_redirect" and not value.startswith(("/", "http://", "https://")):
        return "The website redirect starts with “/” (a key in this bucket), “http://” or “https://”."
    return ""


def _user_problems(name: str, value: str) -> list[str]:
    if not name:
        return ["A name of user metadata is empty."]
    found = []
    if not _TOKEN.fullmatch(name):
        found.append(f"“{name}” can't be a name: letters, digits and !#$%&'*+-.^_`|~ only, no spaces.")
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in value):
        found.append(f"The value of “{name}” holds a line end or another control character.")
    if any(0xD800 <= ord(character) < 0xE000 for character in value):
        found.append(f"The value of “{name}” holds half a character, which can't be sent.")
    if value != value.strip():
        found.append(f"The value of “{name}” starts or ends with a space, which would be lost.")
    return found


def _date(text: str) -> datetime | None:
    """An HTTP date, or an ISO date; a time without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
