"""CORS rules: their shape, S3's rules for them, what they mean, and each in one English sentence.

Sources: the API reference of `CORSRule` and `PutBucketCors`; the user guide's "Elements of a CORS
configuration". S3 answers a browser with the first rule that fits, so their order has a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from s3tui import display
from s3tui.s3.document_kinds import DocumentKind, Rule
from s3tui.s3.document_text import Complaint, Node, Say, check_ids, plain

MOST_RULES = 100
LARGEST = 64 * 1024  # bytes of XML
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
SHAPE = {
    "ID": str,
    "AllowedOrigins": [str],
    "AllowedMethods": [str],
    "AllowedHeaders": [str],
    "ExposeHeaders": [str],
    "MaxAgeSeconds": int,
}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ORIGIN_WITH_PATH = re.compile(r"[a-z*][a-z0-9+.*-]*://[^/]*/.*", re.IGNORECASE)


def check(rules: Sequence[Node], aws: bool) -> list[Complaint]:
    """Everything that is wrong with `rules`, whose names and types are right already."""
    complaints: list[Complaint] = []

    def say(node: Node | None, text: str, warning: bool = False) -> None:
        complaints.append(Complaint(node.line if node else 0, text, warning))

    if not rules:
        say(None, "There is no rule. To have none, remove the whole CORS configuration instead.")
    if len(rules) > MOST_RULES:
        say(rules[MOST_RULES], f"S3 takes at most {MOST_RULES} rules; there are {len(rules)}.")
    size = sum(_xml_size(plain(rule)) for rule in rules)
    if size > LARGEST:
        say(None, f"S3 takes at most {display.size(LARGEST)}; this is about {display.size(size)}.")
    check_ids(rules, say)
    for rule in rules:
        _check_methods(rule, say)
        _check_origins(rule, say)
        _check_headers(rule, say, aws)
        age = rule.at("MaxAgeSeconds")
        if age is not None and age.value < 0:
            say(age, "MaxAgeSeconds can't be negative.")
    return complaints


def _xml_size(rule: Rule) -> int:
    """Bytes of the rule's XML, near enough."""
    values = [(name, each) for name, value in rule.items() for each in (value if isinstance(value, list) else [value])]
    return 21 + sum(2 * len(name) + 5 + len(str(value).encode("utf-8", "surrogatepass")) for name, value in values)


def _items(rule: Node, name: str) -> list[Node]:
    return (rule.at(name) or Node([], 0)).items


def _check_methods(rule: Node, say: Say) -> None:
    methods = _items(rule, "AllowedMethods")
    if not methods:
        say(rule.at("AllowedMethods") or rule, f"AllowedMethods is missing: at least one of {' '.join(METHODS)}.")
    for method in methods:
        if method.value == "OPTIONS":
            say(method, "OPTIONS can't be named: S3 answers the browser's question by itself.")
        elif method.value not in METHODS:
            say(method, f"A method is one of {' '.join(METHODS)}, not “{method.value}”.")


def _check_origins(rule: Node, say: Say) -> None:
    origins = _items(rule, "AllowedOrigins")
    if not origins:
        say(rule.at("AllowedOrigins") or rule, 'AllowedOrigins is missing: at least one, like "https://example.com".')
    for origin in origins:
        if not origin.value:
            say(origin, "An origin can't be empty.")
        elif origin.value.count("*") > 1:
            say(origin, f"An origin takes one wildcard: “{origin.value}” has {origin.value.count('*')}.")
        elif _ORIGIN_WITH_PATH.fullmatch(origin.value):
            say(origin, "Browsers send an origin without a path: this one, with its “/”, fits none.", warning=True)
        elif "://" not in origin.value and not origin.value.startswith("*") and origin.value != "null":
            say(origin, "Browsers send an origin with its scheme, like https://: this one fits none.", warning=True)


def _check_headers(rule: Node, say: Say, aws: bool) -> None:
    for header in _items(rule, "AllowedHeaders"):
        if header.value.count("*") > 1:
            say(header, f"A header takes one wildcard: “{header.value}” has {header.value.count('*')}.")
        elif not _HEADER.fullmatch(header.value):
            say(header, f"“{header.value}” can't be the name of a header.")
    for header in _items(rule, "ExposeHeaders"):
        if "*" in header.value:
            say(header, "ExposeHeaders takes no wildcards on AWS: name each header.", warning=not aws)
        elif not _HEADER.fullmatch(header.value):
            say(header, f"“{header.value}” can't be the name of a header.")


def tidy(rule: Rule) -> Rule:
    """The rule with nothing in it that says nothing."""
    return {name: rule[name] for name in SHAPE if rule.get(name) not in (None, "", [])}


def fields(rule: Rule) -> dict[str, Hashable]:
    """The rule with its lists sorted. Headers have no case, and some servers say 0 for a MaxAgeSeconds not set."""
    flat: dict[str, Hashable] = {"ID": rule.get("ID"), "MaxAgeSeconds": rule.get("MaxAgeSeconds")}
    for name in ("AllowedOrigins", "AllowedMethods", "AllowedHeaders", "ExposeHeaders"):
        values = {each.lower() if "Headers" in name else each for each in rule.get(name) or []}
        flat[name] = ", ".join(sorted(values))
    return {name: flat[name] for name in SHAPE if flat[name]}


def scope(rule: Rule) -> Hashable:
    """Whom the rule is about: its origins."""
    return fields(rule).get("AllowedOrigins")


def sentence(rule: Rule) -> str:
    """What the rule does, in one English sentence."""
    origins = rule.get("AllowedOrigins") or []
    who = "any site" if "*" in origins else display.listed(origins, "or") or "no site"
    methods = display.listed(rule.get("AllowedMethods") or []) or "nothing"
    sent = rule.get("AllowedHeaders") or []
    headers = "any header" if "*" in sent else display.listed(sent)
    parts = [f"Pages from {who} may use {methods}"]
    parts.append(f"with {headers}" if headers else "without headers of their own")
    if exposed := rule.get("ExposeHeaders"):
        parts.append(f"and may read the answer's {display.listed(exposed)}")
    if (age := rule.get("MaxAgeSeconds")) is not None:
        parts.append(f"(browsers remember this for {display.duration(age)})")
    return " ".join(parts) + "."


KIND = DocumentKind(
    name="cors",
    title="CORS",
    container="CORSConfiguration",
    rules_name="CORSRules",
    rule=SHAPE,
    extras={},
    operations=("get_bucket_cors", "put_bucket_cors", "delete_bucket_cors"),
    ordered=True,
    prepare=lambda rule: rule,
    check=check,
    tidy=tidy,
    fields=fields,
    scope=scope,
    sentence=sentence,
)
