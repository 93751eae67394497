"""What a new bucket may be called: every rule AWS has for general purpose buckets, each explained.

The rules are those of "General purpose bucket naming rules" in the S3 user guide. Other servers allow more,
but a name that keeps them works everywhere.
"""

from __future__ import annotations

import re

_PREFIXES = {
    "xn--": "is kept for internationalised host names",
    "sthree-": "is kept for S3 itself",
    "amzn-s3-demo-": "is kept for AWS's examples",
}
_SUFFIXES = {
    "-s3alias": "is kept for access point aliases",
    "--ol-s3": "is kept for Object Lambda aliases",
    ".mrap": "is kept for multi-region access points",
    "--x-s3": "is kept for directory buckets",
    "--table-s3": "is kept for table buckets",
    "-an": "is kept for buckets in an account's regional namespace",
}


def problems(name: str) -> list[str]:
    """Why `name` can't be a new bucket's name, one sentence a rule; empty when it can."""
    return [*_length(name), *_characters(name), *_shape(name), *_reserved(name)]


def _length(name: str) -> list[str]:
    if len(name) < 3:
        return ["A name has at least 3 characters."]
    return ["A name has at most 63 characters."] if len(name) > 63 else []


def _characters(name: str) -> list[str]:
    if re.search(r"[A-Z]", name):
        return ["Capital letters are not allowed: names are part of host names."]
    if "_" in name:
        return ["Underscores are not allowed: names are part of host names. Use a hyphen."]
    if re.search(r"[^a-z0-9.-]", name):
        return ["Only lower-case letters a-z, digits, dots and hyphens are allowed."]
    return []


def _shape(name: str) -> list[str]:
    found = []
    if name[:1] in (".", "-"):
        found.append("A name begins with a letter or a digit.")
    if name[-1:] in (".", "-"):
        found.append("A name ends with a letter or a digit.")
    if ".." in name:
        found.append("Two dots can't stand side by side.")
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name, re.ASCII):
        found.append("A name can't look like an IP address.")
    return found


def _reserved(name: str) -> list[str]:
    first = [f"The beginning “{prefix}” {why}." for prefix, why in _PREFIXES.items() if name.startswith(prefix)]
    last = [f"The end “{suffix}” {why}." for suffix, why in _SUFFIXES.items() if name.endswith(suffix)]
    return first + last
