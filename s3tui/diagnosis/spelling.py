"""Keys that people take for the same: how two differ, and how else one may be written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote


def _decoded(key: str) -> str:
    return unquote(key.replace("+", " "), errors="surrogateescape")


def _without_invisible(key: str) -> str:
    return "".join(character for character in key if unicodedata.category(character) not in ("Cf", "Cc"))


def _composed(key: str) -> str:
    return unicodedata.normalize("NFC", key)


def _forward(key: str) -> str:
    return key.replace("\\", "/")


def _trimmed(key: str) -> str:
    return "/".join(part.strip() for part in key.split("/"))


def _single_slashes(key: str) -> str:
    return "/".join(part for part in key.split("/") if part)


# What people don't see or mix up, and what makes it the same. Their order matters where one uncovers another.
_RULES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("percent-encoding, or “+” for a space", _decoded),
    ("invisible characters", _without_invisible),
    ("how accents are written (one character, NFC, or letter and mark, NFD)", _composed),
    ("upper and lower case", str.casefold),
    ("backslashes instead of slashes", _forward),
    ("spaces at the start or end of a name", _trimmed),
    ("a leading, double or final slash", _single_slashes),
)
_EXTENSION = re.compile(r"(?:\.(?=[a-z0-9]*[a-z])[a-z0-9]{1,10}){1,2}")
# What lies beside an object and is not the object under another name.
_COMPANION = re.compile(r".*\.(?:md5|sha1|sha256|sha512|sig|asc|torrent)")


def fold(key: str) -> str:
    """What is left of `key` when everything that people overlook is taken away."""
    return _folded(key)


def _folded(key: str, without: str = "") -> str:
    for name, rule in _RULES:
        if name != without:
            key = rule(key)
    # Folding the case may take accents apart again.
    return key if "how accents" in without else _composed(key)


def difference(asked: str, found: str) -> str:
    """In what two keys differ that people take for the same; empty when they are the same or really others."""
    if asked == found or fold(asked) != fold(found):
        return ""
    needed = [name for name, _ in _RULES if _folded(asked, name) != _folded(found, name)]
    return "it differs only in " + " and ".join(needed or ["spelling"])


def extension(asked: str, found: str) -> str:
    """Whether one key is the other with one or two more extensions, said of `found`; else empty."""
    one, other = fold(asked), fold(found)
    if _COMPANION.fullmatch(one) or _COMPANION.fullmatch(other):
        return ""
    if other.startswith(one) and _EXTENSION.fullmatch(other[len(one) :]):
        return f"it ends in “{found[len(found) - (len(other) - len(one)) :]}” as well"
    if one.startswith(other) and _EXTENSION.fullmatch(one[len(other) :]) and not other.endswith("/"):
        return f"it lacks the “{asked[len(asked) - (len(one) - len(other)) :]}”"
    return ""


def variants(key: str, bucket: str) -> Iterator[tuple[str, str]]:
    """Other ways to write `key`, each once, with how it differs. They can be asked for without any listing."""
    folder, slash, name = key.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    ways = (
        (key.removeprefix(f"{bucket}/"), "it doesn't repeat the bucket's name"),
        (key.lstrip("/"), ""),
        (f"/{key}", ""),
        (re.sub("/{2,}", "/", key), ""),
        (key.replace("\\", "/"), ""),
        (_decoded(key), ""),
        (unquote(key, errors="surrogateescape"), ""),
        (key.replace(" ", "+"), ""),
        (quote(key, errors="surrogateescape"), ""),
        (quote(key, safe="", errors="surrogateescape"), ""),
        (unicodedata.normalize("NFC", key), ""),
        (unicodedata.normalize("NFD", key), ""),
        (_trimmed(key), ""),
        (f"{key} ", ""),
        (key.lower(), ""),
        (key.upper(), ""),
        (folder + slash + name.lower(), ""),
        (folder + slash + name.upper(), ""),
        (folder + slash + name.capitalize(), ""),
        (folder + slash + stem if stem and dot else key, f"it lacks the “{name[len(stem) :]}”"),
        (f"{key}/", "it is a folder's own object: its name ends in a slash"),
    )
    seen = {key, ""}
    for variant, why in ways:
        if variant not in seen and len(variant.encode("utf-8", "surrogatepass")) <= 1024:
            seen.add(variant)
            yield variant, why or difference(key, variant) or "it is written in another way"
