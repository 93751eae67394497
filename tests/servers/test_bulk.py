"""A folder with hostile names on each server: there by one plan, known again by the next one, and back byte by byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.transfers.bulk import Form
from s3tui.transfers.names import local_paths
from s3tui.transfers.plan import Plan
from s3tui.transfers.preflight import preflight
from s3tui.transfers.queue import Queue
from s3tui.transfers.walk import walk
from tests.servers.conftest import Place

HOSTILE = [
    " leading", "trailing ", "two  spaces", "tab\tin", "-rf", "--", "~", "~root", "$(id)", "`id`", "a;b", "a|b", "a&b",
    "a+b", "a%20b", "%2e%2e", "%", "%%", "a?b=c&d", "a#b", "a=b", "a,b", "a@b", "a:b", "*", "[x]", "{x}", "{{name}}",
    "<xml>&amp;", "]]>", '"quoted"', "'single'", "back\\slash", "..double", "double..", "...", "é", "e\u0301", "ß", "SS",
    "ſ", "日本語", "\U0001f600", "\u202egnp.exe", "\u200bzero", "\ufeffbom", "A", "a", "[/b]", "[red]x", "con", "nul.txt",
    "x" * 255, "é" * 127, ".hidden", ".", "-", "_",
]  # fmt: skip


def hostile_tree(folder: Path) -> dict[str, bytes]:
    """About 200 files, some of them deep: their content by their key."""
    made = {}
    names = [name for name in HOSTILE if name != "."]
    for below in ("", "sub dir+é/", "a&b/%2F/", "deep/" * 20):
        for number, name in enumerate(names):
            made[f"{below}{name}"] = f"{below} {number}".encode() * (number % 7)
    for key, body in made.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return made


def planned(place: Place, folder: Path, form: Form) -> Plan:
    walked = walk([folder], CancelToken(), lambda *_: None)
    return preflight(place.connection, walked.files, form, CancelToken(), lambda *_: None)


@pytest.mark.capability("bulk upload")
def test_a_folder_of_hostile_names_is_there_and_the_same(place: Place, tmp_path: Path) -> None:
    made = hostile_tree(tmp_path / "odd")
    form = Form(place.at("bulk/"), metadata={"from": "{parent}"}, if_exists="different")
    first = planned(place, tmp_path / "odd", form)
    assert {step.action for step in first.steps} == {"new"} and len(first.steps) == len(made)
    queue = Queue()
    ended = queue.submit_all(place.connection, first.requests())
    for transfer in ended:
        transfer.future.result(120)
    assert {each.state for each in ended} == {"verified"}, {each.why for each in ended if each.state != "verified"}
    assert {key: place.read(f"bulk/{key}") for key in made} == made
    again = planned(place, tmp_path / "odd", form)
    assert {step.action for step in again.steps} == {"same"}, [s for s in again.steps if s.action != "same"]
    assert len(set(local_paths(tmp_path / "back", made).values())) == len(made)
    os.truncate(tmp_path / "odd/a+b", 1)
    third = planned(place, tmp_path / "odd", form)
    assert [step.action for step in third.steps if step.action != "same"] == ["replace"]
