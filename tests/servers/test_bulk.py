"""A folder with hostile names on each server: there by one plan, known again by the next one, and back byte by byte."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.transfers.bulk import Form
from s3tui.transfers.plan import Plan
from s3tui.transfers.preflight import preflight
from s3tui.transfers.progress import State
from s3tui.transfers.queue import Queue
from s3tui.transfers.walk import walk
from tests.servers.conftest import Place
from tests.servers.matrix import CHANGE_UNDERSCORES, KEYS_IT_CHANGES, TAKE_COMPOSED_FOR_ONE

HOSTILE = [
    " leading", "trailing ", "two  spaces", "tab\tin", "-rf", "--", "~", "~root", "$(id)", "`id`", "a;b", "a|b", "a&b",
    "a+b", "a%20b", "%2e%2e", "%", "%%", "a?b=c&d", "a#b", "a=b", "a,b", "a@b", "a:b", "*", "[x]", "{x}", "{{name}}",
    "<xml>&amp;", "]]>", '"quoted"', "'single'", "back\\slash", "..double", "double..", "...", "é", "e\u0301", "ß", "SS",
    "ſ", "日本語", "\U0001f600", "\u202egnp.exe", "\u200bzero", "\ufeffbom", "A", "a", "[/b]", "[red]x", "con", "nul.txt",
    "x" * 255, "é" * 127, ".hidden", "-", "_",
]  # fmt: skip


def hostile_tree(folder: Path) -> dict[str, bytes]:
    """About 200 files, some of them deep: their content by their key."""
    made = {}
    for below in ("", "sub dir+é/", "b&c/%2F/", "deep/" * 20):
        for number, name in enumerate(HOSTILE):
            made[f"{below}{name}"] = f"{below} {number}".encode() * (number % 7)
    for key, body in made.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return made


def planned(place: Place, folder: Path, form: Form) -> Plan:
    walked = walk([folder], CancelToken(), lambda *_: None)
    return preflight(place.connection, walked.files, form, CancelToken(), lambda *_: None)


def sent(place: Place, plan: Plan) -> list[State]:
    """How each of it ended."""
    ended = Queue().submit_all(place.connection, plan.requests())
    for transfer in ended:
        transfer.future.result(120)
    return [transfer.state for transfer in ended]


def names(plan: Plan, ended: list[State], state: State) -> list[str]:
    """Of the files that ended so."""
    return sorted(Path(step.source).name for step, each in zip(plan.steps, ended, strict=True) if each == state)


@pytest.mark.capability("bulk upload")
def test_a_folder_of_hostile_names_is_there_and_the_same(place: Place, tmp_path: Path) -> None:
    made = hostile_tree(tmp_path / "odd")
    form = Form(place.at("bulk/"), metadata={"from": "{parent}"}, if_exists="different")
    first = planned(place, tmp_path / "odd", form)
    assert {step.action for step in first.steps} == {"new"} and len(first.steps) == len(made)
    alike = ["é"] if place.server.name in TAKE_COMPOSED_FOR_ONE else []  # its other form came first, and is kept
    assert names(first, sent(place, first), "failed") == sorted(alike * 4)
    there = {key: body for key, body in made.items() if Path(key).name not in alike}
    assert {key: place.read(f"bulk/{key}") for key in there} == there
    again = planned(place, tmp_path / "odd", form)
    changed = [name for name in KEYS_IT_CHANGES.get(place.server.name, {}) if name in HOSTILE]
    assert sorted(Path(step.source).name for step in again.steps if step.action != "same") == sorted(
        [*changed, *alike] * 4
    )
    # What its lists don't show under its name is found when it would be written.
    assert set(sent(place, again)) <= {"failed"}
    os.truncate(tmp_path / "odd/a+b", 1)
    third = planned(place, tmp_path / "odd", form)
    assert [step.source for step in third.steps if step.action == "replace"] == [str(tmp_path / "odd/a+b")]
    assert {key: place.read(f"bulk/{key}") for key in there} == there


@pytest.mark.capability("bulk upload")
def test_an_iso_and_the_json_beside_it(place: Place, tmp_path: Path) -> None:
    """As `metadata.json` beside `agent.x86_64.iso` in the lab."""
    iso = tmp_path / "agent.x86_64.iso"
    iso.write_bytes(os.urandom(1000))
    wanted = {"server_id": "{server_id}", "Hostname": "Zoë's", "md5": "{md5}", "size_bytes": "{size}"}
    form = Form(
        place.at("openshift/"), "{version}/{name}", wanted, {}, {"version": "4.18", "server_id": "01"},
        sidecar="metadata.json",
    )  # fmt: skip
    files = walk([iso], CancelToken(), lambda *_: None).files
    [state] = sent(place, preflight(place.connection, files, form, CancelToken(), lambda *_: None))
    beside = json.loads(place.read("openshift/4.18/metadata.json"))
    told = {
        "server_id": "01",
        "Hostname": "Zoë's",
        "md5": hashlib.md5(iso.read_bytes()).hexdigest(),
        "size_bytes": "1000",
    }
    kept = "sent but not verified" if place.server.name in CHANGE_UNDERSCORES else "verified"
    assert (state, beside) == (kept, told)
    [step] = preflight(place.connection, files, form, CancelToken(), lambda *_: None).steps
    assert step.action == "ask"
