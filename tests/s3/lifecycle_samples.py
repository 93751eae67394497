"""Lifecycle rules for tests, and what is said about them."""

from __future__ import annotations

import json
from typing import Any

from s3tui.s3 import documents
from s3tui.s3.document_kinds import Reading, Rule

BASIC: Rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}


def read(document: Any, aws: bool = False) -> Reading:
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    return documents.read("lifecycle", text, aws)


def rule(**changes: Any) -> Rule:
    """`BASIC` with some members changed, or left out where they are None."""
    return {name: value for name, value in {**BASIC, **changes}.items() if value is not None}


def errors_of(document: Any, aws: bool = False) -> list[str]:
    return [complaint.text for complaint in read(document, aws).complaints if not complaint.warning]


def warnings_of(document: Any, aws: bool = False) -> list[str]:
    return [complaint.text for complaint in read(document, aws).complaints if complaint.warning]
