"""`s3tui transfers list|resume|retry|cancel|forget`: what earlier runs have left, and what other processes are doing."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import groupby
from typing import cast

from s3tui import display
from s3tui.cli.common import agreed, all_profiles, ask_mfa, emit, profile_of, say
from s3tui.cli.keys import make_sure_of_keys
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.cli.moving import Moving, record
from s3tui.display import visible
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.connections import connect
from s3tui.transfers import reconnect
from s3tui.transfers.job_view import JobView
from s3tui.transfers.journal import Whom
from s3tui.transfers.progress import FINISHED, WENT_WELL, State
from s3tui.transfers.queue import AGAIN, GOES_ON, Queue, TransferView

_FAILED: frozenset[State] = frozenset(("failed",))
_HELP = """
Without a NUMBER, resume takes all that are paused, retry all that failed, and cancel all that are paused.
retry --overwrite takes those that found their targets taken, or changed since the plan. It says what is there now, and
asks; that is replaced, and nothing that comes later.
Each goes to the profile that it was asked for with, or to the one that the options name, if that is the same endpoint.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words that stand after `s3tui transfers`."""
    parser.epilog = _HELP
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|resume|retry|cancel|forget")
    for name, act, text in (
        ("list", _list, "every transfer of the last days, and what has become of it"),
        ("resume", _resume, "go on with those that are paused or were interrupted"),
        ("retry", _retry, "try those again that failed"),
        ("cancel", _cancel, "drop those that are paused, and remove what they left"),
        ("forget", _forget, "drop those that can't be cancelled, and leave what they left"),
    ):
        action = actions.add_parser(name, help=text)
        action.set_defaults(act=act)
        action.add_argument("--json", action="store_true", help="one JSON object a line")
        if name != "list":
            count = "+" if name == "forget" else "*"
            action.add_argument("numbers", metavar="NUMBER", nargs=count, type=int, help="as list shows them")
        if name == "retry":
            action.add_argument("--overwrite", action="store_true", help="replace what is there now")
        if name in ("forget", "retry"):
            action.add_argument("--yes", action="store_true", help="don't ask")


def run(arguments: argparse.Namespace) -> int:
    """Do what the words say. Raises `S3tuiError`."""
    moving = Moving(arguments.json, lambda whom: _connect(arguments, whom))
    if moving.queue.journal.problem:
        return FAILED
    moving.queue.look()
    if moving.queue.problem:
        say(f"s3tui: {moving.queue.problem}")
        return FAILED
    return cast(Callable[[argparse.Namespace, Moving], int], arguments.act)(arguments, moving)


def _connect(arguments: argparse.Namespace, whom: Whom) -> Connection:
    named = arguments.profile or arguments.endpoint_url or arguments.env_file
    if named and whom.origin != reconnect.TARGET:
        profile = profile_of(arguments, arguments.profile)
        reconnect.check_same(whom, profile)
    else:
        profile = reconnect.profile_of(whom, all_profiles(arguments))
    make_sure_of_keys(profile)
    return connect(replace(profile, read_only=profile.read_only or arguments.read_only), mfa_code=ask_mfa)


def _list(arguments: argparse.Namespace, moving: Moving) -> int:
    jobs = moving.queue.jobs()
    for job in jobs:
        if not arguments.json and len(job.items) > 1 and (view := moving.queue.job(job)):
            print(visible(_job_line(view)))
        for item in moving.queue.items(job):
            one = moving.queue.view(item)
            if arguments.json:
                emit(record(one))
            else:
                print(visible(_line(one)))
    if not jobs:
        say("There are no transfers.")
    return DONE


def _job_line(view: JobView) -> str:
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(view.states.items()))
    percent = 100 if view.through >= view.whole else view.through * 100 // view.whole
    where = f" (process {view.process})" if view.process else ""
    return f"{view.kind} of {view.items:,}, {percent}%: {view.source} -> {view.target}{where}  {states}"


def _line(view: TransferView) -> str:
    size = display.size(view.total) if view.total is not None else ""
    where = f" (process {view.process})" if view.process else ""
    words = f"{view.number:>6}  {view.state:<25}  {size:>10}  {view.source} -> {view.target}{where}"
    return f"{words}  {view.why}" if view.why else words


def _resume(arguments: argparse.Namespace, moving: Moving) -> int:
    return _begin(moving, moving.queue.resume, _chosen(arguments, moving.queue, GOES_ON, GOES_ON), WENT_WELL)


def _retry(arguments: argparse.Namespace, moving: Moving) -> int:
    if arguments.overwrite:
        return _overwrite(arguments, moving)
    return _begin(moving, moving.queue.retry, _chosen(arguments, moving.queue, AGAIN, _FAILED), WENT_WELL)


def _overwrite(arguments: argparse.Namespace, moving: Moving) -> int:
    """Say what is at the targets, ask, and try again."""
    if not arguments.numbers:
        raise BadInput(
            "--overwrite needs NUMBERs: what is replaced is chosen one by one.", "See: s3tui transfers list."
        )
    chosen = _chosen(arguments, moving.queue, AGAIN, ())
    if other := next((view for view in chosen if not view.exists), None):
        raise BadInput(f"Transfer {other.number} did not find its target taken: it replaces nothing.", "Leave it out.")
    occupied = {view.number: moving.queue.occupied(view.number) for view in chosen}
    for number, found in occupied.items():
        for line in (found.there if found else ()) or ("Nothing is there any more.",):
            say(f"{number}: {line}")
    if not arguments.yes and not agreed("Replace what is there? [y/N] ", "nothing was replaced"):
        say("Nothing was replaced.")
        return FAILED

    def begin(numbers: list[int]) -> int:
        return sum(moving.queue.replace(number, found) for number in numbers if (found := occupied[number]))

    return _begin(moving, begin, chosen, WENT_WELL)


def _cancel(arguments: argparse.Namespace, moving: Moving) -> int:
    return _begin(moving, moving.queue.cancel, _chosen(arguments, moving.queue, None, GOES_ON), {"cancelled"})


def _forget(arguments: argparse.Namespace, moving: Moving) -> int:
    """Say what stays behind, ask, and take them from the list."""
    chosen = _chosen(arguments, moving.queue, (*GOES_ON, *FINISHED), ())
    for view in chosen:
        say(f"{view.number}: {moving.queue.remains(view.number) or 'Nothing is left of it.'}")
    if not arguments.yes and not agreed("Forget them, and leave that where it is? [y/N] ", "nothing was forgotten"):
        say("Nothing was forgotten.")
        return FAILED
    forgotten = moving.queue.forget([view.number for view in chosen])
    return DONE if forgotten == len(chosen) else PARTLY if forgotten else FAILED


def _chosen(
    arguments: argparse.Namespace, queue: Queue, possible: Collection[State] | None, otherwise: Collection[State]
) -> list[TransferView]:
    """Those that are named, which must be in one of the states `possible`, or all that are in one of `otherwise`."""
    views = {view.number: view for view in queue.snapshot()}
    if not arguments.numbers:
        return [view for view in views.values() if view.state in otherwise and not view.process]
    for number in arguments.numbers:
        if number not in views:
            raise BadInput(f"There is no transfer {number}.", "See: s3tui transfers list.")
        view = views[number]
        if not (view.state in possible if possible else view.left or not view.finished):
            raise BadInput(f"Transfer {number} is {view.state}: there is nothing to {arguments.action}.")
    return [views[number] for number in arguments.numbers]


def _begin(
    moving: Moving, begin: Callable[[list[int]], int], chosen: Collection[TransferView], good: Collection[State]
) -> int:
    """Have `begin` take the transfers of each job, then watch them. A job that can't be reached stops no other."""
    begun, complaints = 0, 0
    for _, views in groupby(sorted(chosen, key=lambda view: view.job), key=lambda view: view.job):
        try:
            begun += begin([view.number for view in views])
        except S3tuiError as error:
            complaints += 1
            say(f"s3tui: {error}")
    if not begun:
        say("There is nothing to do." if not complaints else "s3tui: Nothing was done.")
        return FAILED if complaints else DONE
    code = moving.watch(good)
    return PARTLY if complaints and code == DONE else code
