"""The queue with its journal: pausing, order, kills, two processes at once, and very many transfers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.transfers import request_text
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.journal import Journal, JournalError, Whom
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue, TransferView
from tests.transfers import fake
from tests.transfers.fake import DISCARDED, DONE, RAN, WORK, Fake

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
MOST = 350 << 20  # bytes of a process with 100,000 transfers queued


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
    for each in (WORK, RAN, DISCARDED):
        each.clear()
    yield
    WORK.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "transfers"


def nowhere() -> Connection:
    return Connection(Profile("lab", credentials="anonymous"))


def reached(_: Whom) -> Connection:
    return nowhere()


class Held:
    """Work that waits in the middle until it is let go, and keeps its notes when it is paused."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Semaphore(0), threading.Event()

    def __call__(self, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        progress.begin(10)
        progress.skip(int(notes.get("done") or 0))  # type: ignore[arg-type]
        progress.add(4)
        notes.set(done=progress.done)
        self.begun.release()
        while not self.go.is_set():
            token.wait(0.01)
        notes.clear()
        return DONE

    def wait(self) -> None:
        assert self.begun.acquire(timeout=90)


@pytest.fixture
def held() -> Iterator[Held]:
    work = WORK["held"] = Held()
    yield work
    work.go.set()


def states(queue: Queue) -> dict[str, str]:
    return {view.source[1:]: view.state for view in queue.snapshot()}


def submit(queue: Queue, *names: str) -> None:
    queue.submit_all(nowhere(), [Fake(name) for name in names])  # type: ignore[misc]


def until_idle(queue: Queue) -> None:
    assert queue._wait_for_all(20)


def test_what_is_paused_goes_on_with_its_notes(held: Held, folder: Path) -> None:
    ended: list[TransferView] = []
    queue = Queue(ended.append, Journal(folder))
    queue.at_once = 1
    submit(queue, "held", "waiting")
    held.wait()
    assert queue.pause_all(20) and states(queue) == {"held": "paused", "waiting": "paused"} and not ended
    paused = queue.snapshot()[0]
    assert (paused.done, paused.total, paused.left) == (4, 10, True)
    assert queue.resume() == 2
    held.wait()
    assert queue.snapshot()[0].done == 8  # those of the first run are counted, too
    held.go.set()
    until_idle(queue)
    assert states(queue) == {"held": "verified", "waiting": "verified"} and RAN == ["held", "held", "waiting"]
    assert not queue.snapshot()[0].left and len(ended) == 2
    queue.journal.close()


def test_cancelling_what_is_paused_removes_what_it_left(held: Held, folder: Path) -> None:
    queue = Queue(journal=Journal(folder))
    submit(queue, "held")
    held.wait()
    assert queue.pause_all(20)
    queue.clear()  # it hasn't ended
    assert queue.cancel() == 1
    until_idle(queue)
    assert states(queue) == {"held": "cancelled"} and DISCARDED == ["held"] and RAN == ["held"]
    queue.clear()
    assert queue.snapshot() == () == queue.journal.since(-1).rows
    queue.journal.close()


def test_what_failed_and_left_something_is_not_cleared(folder: Path) -> None:
    def fail(_: Progress, __: CancelToken, notes: Notes) -> Outcome:
        notes.set(upload_id="U")
        raise BadInput("The line is dead.")

    WORK["left"], WORK["clean"] = fail, lambda *_: Outcome("failed", "No.")
    queue = Queue(journal=Journal(folder))
    submit(queue, "left", "clean", "good")
    until_idle(queue)
    assert states(queue) == {"left": "failed", "clean": "failed", "good": "verified"}
    queue.clear()
    assert states(queue) == {"left": "failed"}
    assert queue.retry() == 1
    until_idle(queue)
    assert RAN.count("left") == 2
    queue.cancel()
    until_idle(queue)
    assert states(queue) == {"left": "cancelled"} and DISCARDED == ["left"]
    queue.journal.close()


def test_notes_of_what_went_well_go_when_that_is_written_down(folder: Path) -> None:
    def work(_: Progress, __: CancelToken, notes: Notes) -> Outcome:
        notes.set(upload_id="U", done=True)
        return DONE

    WORK["*"] = work
    queue = Queue(journal=Journal(folder))
    submit(queue, "a")
    until_idle(queue)
    (row,) = queue.journal.since(-1).rows
    assert (row.state, row.left) == ("verified", False) and queue.journal.request(row.number)[1].empty
    queue.clear()
    assert queue.snapshot() == ()
    queue.journal.close()


def test_what_another_version_asked_for_keeps_its_notes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    WORK["left"] = fail
    queue = Queue(journal=Journal(folder))
    submit(queue, "left")
    until_idle(queue)

    def unknown(*_: object) -> None:
        raise BadInput("Another version of s3tui asked for this.")

    with monkeypatch.context() as patch:
        patch.setattr(request_text, "read", unknown)
        for change in (queue.retry, queue.cancel):
            assert change() == 1
            until_idle(queue)
            (view,) = queue.snapshot()
            assert (view.state, view.left) == ("failed", True) and "Another version" in view.why
    assert queue.journal.request(view.number)[1].get("upload_id") == "U"
    queue.journal.close()


def test_a_cancel_that_comes_just_after_a_pause_leaves_nothing(held: Held, folder: Path) -> None:
    looked, go = threading.Event(), threading.Event()

    def work(_: Progress, token: CancelToken, notes: Notes) -> Outcome:
        notes.set(upload_id="U")
        held.begun.release()
        held.go.wait(20)
        assert token.keep
        looked.set()
        go.wait(20)
        token.check()
        return DONE

    WORK["late"] = work
    queue = Queue(journal=Journal(folder))
    submit(queue, "late")
    held.wait()
    queue.pause()
    held.go.set()
    assert looked.wait(90)
    queue.cancel()
    go.set()
    until_idle(queue)
    assert states(queue) == {"late": "cancelled"} and DISCARDED == ["late"]
    queue.journal.close()


def test_the_order_is_that_of_the_list(held: Held) -> None:
    queue = Queue()
    queue.at_once = 1
    submit(queue, "held", "a", "b", "c")
    held.wait()
    number = queue.snapshot()[3].number
    queue.move(number, -1)
    queue.move(number, -1)
    queue.move(number, 9)
    assert [view.source for view in queue.snapshot()] == ["/held", "/c", "/a", "/b"]
    held.go.set()
    until_idle(queue)
    assert RAN == ["held", "c", "a", "b"]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([-1, 1]))))
def test_moving_only_changes_the_order(moves: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
        queue = Queue()
        submit(queue, *"abcdef")
        until_idle(queue)
        expected = list(queue.snapshot())
        for at, step in moves:
            queue.move(expected[at].number, step)
            if 0 <= at + step < len(expected):
                expected[at], expected[at + step] = expected[at + step], expected[at]
        assert [view.number for view in queue.snapshot()] == [view.number for view in expected]
        assert [row.number for row in queue.journal.since(-1).rows] == [view.number for view in expected]


def fail(_: Progress, __: CancelToken, notes: Notes) -> Outcome:
    notes.set(upload_id="U")
    raise BadInput("The line is dead.")


steps = st.one_of(
    st.tuples(st.just("submit"), st.sampled_from(["good", "left", "bad"])),
    st.tuples(st.sampled_from(["pause", "resume", "cancel", "retry"]), st.none() | st.integers(1, 6)),
    st.tuples(st.just("move"), st.integers(1, 6), st.sampled_from([-1, 1])),
    st.tuples(st.sampled_from(["clear", "look", "hold", "go"])),
)


@settings(max_examples=200)
@given(st.lists(steps, max_size=25))
def test_the_journal_always_says_what_the_queue_says(done: list[tuple[object, ...]]) -> None:
    WORK.update(left=fail, bad=lambda *_: Outcome("failed", "No."))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
        queue = Queue()
        queue._at_once = 0  # what is submitted waits until “go”
        for name, *details in done:
            match name:
                case "submit":
                    submit(queue, str(details[0]))
                case "hold":
                    queue._at_once = 0
                case "go":
                    queue.at_once = 3
                    until_idle(queue)
                case "pause" | "resume" | "cancel" | "retry":
                    getattr(queue, name)(None if details[0] is None else details)
                case _:
                    getattr(queue, str(name))(*details)
        queue.at_once = 3
        until_idle(queue)
        rows = [transfer.row for transfer in queue.rows()]
        assert queue.journal.since(-1).rows == tuple(rows) and not queue.problem
        assert sum(queue.counts.values()) == len(rows)
        assert {row.state for row in rows} <= {"verified", "failed", "paused", "cancelled"}
        assert all(row.left == (row.ends[0] == "/left") for row in rows if row.state == "failed")
        assert not any(row.left for row in rows if row.state in ("verified", "cancelled"))
        assert all(job.run == "" for job in queue.journal.since(-1).jobs)


def test_more_of_them_begin_when_more_may(held: Held) -> None:
    queue = Queue()
    queue.at_once = 1
    submit(queue, *["held"] * 5)
    held.wait()
    assert queue.counts == {"running": 1, "waiting": 4}
    queue.at_once = 4
    for _ in range(3):
        held.wait()
    assert queue.counts == {"running": 4, "waiting": 1}
    held.go.set()
    until_idle(queue)
    assert queue.counts == {"verified": 5}


def test_nothing_is_submitted_of_nothing() -> None:
    queue = Queue()
    assert queue.submit_all(nowhere(), ()) == [] and queue.journal.since(-1).jobs == ()


def test_a_request_that_breaks_off_submits_nothing() -> None:
    def requests() -> Iterator[Fake]:
        yield Fake("a")
        raise ValueError

    queue = Queue()
    with pytest.raises(ValueError):
        queue.submit_all(nowhere(), requests())  # type: ignore[arg-type]
    assert queue.snapshot() == () and queue.journal.since(-1).jobs == () and not RAN


def test_a_journal_that_breaks_is_told_and_what_moves_goes_on(held: Held, folder: Path) -> None:
    journal = Journal(folder)
    queue = Queue(journal=journal)
    submit(queue, "held")
    held.wait()

    def broken(*_: object) -> None:
        raise JournalError("The disk is full.")

    journal.end = broken  # type: ignore[method-assign,assignment]
    held.go.set()
    until_idle(queue)
    assert states(queue) == {"held": "verified"} and queue.problem == "The disk is full."
    journal.close()


# ---- bandwidth


def test_a_bandwidth_that_was_used_up_makes_one_wait_until_cancelled() -> None:
    bandwidth, token = Bandwidth(1), CancelToken()
    waiting = threading.Thread(target=bandwidth.take, args=(1 << 40, token), daemon=True)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    token.cancel()
    waiting.join(90)
    assert not waiting.is_alive()


def test_a_bandwidth_without_a_limit_never_waits_and_remembers_nothing() -> None:
    bandwidth, token = Bandwidth(1), CancelToken()
    waiting = threading.Thread(target=bandwidth.take, args=(1 << 40, token), daemon=True)
    waiting.start()
    bandwidth.limit = None  # who waits notices
    waiting.join(90)
    assert not waiting.is_alive()
    bandwidth.take(1 << 50, token)
    bandwidth.limit = 1 << 40
    bandwidth.take(0, token)
    token.cancel()


# ---- other processes


@contextmanager
def another(folder: Path, *names: str) -> Iterator[subprocess.Popen[str]]:
    """It has noted what it began when this is entered."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.transfers.another_process", str(folder), *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "noted\n"
            yield process
        finally:
            process.kill()


def until(queue: Queue, condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        queue.look()
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError(queue.snapshot())


def test_what_a_killed_process_was_doing_is_paused_and_goes_on(folder: Path) -> None:
    with another(folder, "a", "b", "c", "d", "e") as process:
        for _ in range(2):
            assert process.stdout and process.stdout.readline() == "noted\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    queue = Queue(journal=Journal(folder), connect=reached)
    assert queue.load() == 5
    views = queue.snapshot()
    assert [view.left for view in views] == [True] * 3 + [False] * 2
    assert [view.why[:11] for view in views] == ["Interrupted"] * 3 + ["s3tui ended"] * 2

    def work(_: Progress, __: CancelToken, notes: Notes) -> Outcome:
        had = notes.get("upload_id")
        notes.clear()
        return Outcome("verified", f"It had {had}.")

    WORK["*"] = work
    assert queue.resume() == 5
    until_idle(queue)
    assert sorted(view.why[:14] for view in queue.snapshot()) == ["It had None. I"] * 2 + ["It had U-4711."] * 3
    assert [path.name for path in folder.glob("run-*.lock")] == [f"run-{queue.journal.run}.lock"]
    queue.journal.close()


def test_another_process_is_seen_but_not_disturbed(folder: Path) -> None:
    with another(folder, "theirs") as process:
        queue = Queue(journal=Journal(folder), connect=reached)
        assert queue.load() == 0
        (view,) = queue.snapshot()
        assert (view.state, view.process) == ("running", str(process.pid)) and queue.running == 0
        for change in (queue.resume, queue.retry, queue.cancel, queue.pause):
            change()
        with pytest.raises(BadInput, match=f"process {process.pid}"):
            queue.cancel([view.number])
        queue.clear()
        submit(queue, "mine")
        until_idle(queue)
        assert states(queue) == {"theirs": "running", "mine": "verified"} and RAN == ["mine"]
        (folder / "go").touch()
        until(queue, lambda: states(queue)["theirs"] == "verified")
        (folder / "end").touch()
        assert process.wait(90) == 0
    queue.journal.close()


def test_a_process_that_dies_while_one_looks_leaves_its_job_to_others(folder: Path) -> None:
    with another(folder, "theirs") as process:
        queue = Queue(journal=Journal(folder), connect=reached)
        queue.load()
        process.kill()
        process.wait()
        until(queue, lambda: states(queue)["theirs"] == "paused")
        assert queue.resume() == 1
        until_idle(queue)
        assert states(queue) == {"theirs": "verified"} and RAN == ["theirs"]
    queue.journal.close()


def test_two_that_resume_the_same_run_it_once(folder: Path, held: Held) -> None:
    first, second = (Queue(journal=Journal(folder), connect=reached) for _ in range(2))
    submit(first, "held")
    held.wait()
    first.pause_all(20)
    second.load()
    assert second.resume() == 1
    held.wait()
    with pytest.raises(BadInput, match="Another s3tui"):
        first.resume()
    first.look()
    assert first.snapshot()[0].process and first.resume() == 0
    held.go.set()
    until_idle(second)
    first.look()
    assert states(first) == states(second) == {"held": "verified"} and RAN == ["held", "held"]
    first.clear()
    second.look()
    assert second.snapshot() == ()
    for queue in (first, second):
        queue.journal.close()


def test_without_its_profile_nothing_of_it_changes(folder: Path, held: Held) -> None:
    first = Queue(journal=Journal(folder))
    submit(first, "held")
    held.wait()
    first.pause_all(20)
    first.journal.close()

    def gone(whom: Whom) -> Connection:
        raise BadInput(f"There is no profile “{whom.profile}”.")

    queue = Queue(journal=Journal(folder), connect=gone)
    assert queue.load() == 1
    for change in (queue.resume, queue.cancel):
        with pytest.raises(BadInput, match="no profile “lab”"):
            change()
    assert states(queue) == {"held": "paused"} and not DISCARDED
    queue.journal.close()


# ---- very many

MANY = """
import sys
from pathlib import Path
import boto3
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.journal import Journal
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest

queue = Queue(journal=Journal(Path(sys.argv[1])))
queue.pause_all(0)
name = "/srv/images/openshift/4.16/some-folder-with-a-name/agent.x86_64.{}.iso"
requests = (UploadRequest(Path(name.format(n)), S3Uri("bucket", name.format(n)[1:])) for n in range(100_000))
queue._at_once = 0
queue.submit_all(Connection(Profile("lab", credentials="anonymous")), requests)
assert queue.counts == {"waiting": 100_000}, queue.counts
queue.pause()
assert queue.counts == {"paused": 100_000}, queue.counts
import threading
# Not ru_maxrss, which begins with what the parent had when it forked.
[most] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(threading.active_count(), int(most.split()[1]) * 1024)
"""


def test_a_hundred_thousand_are_cheap(folder: Path) -> None:
    command = [sys.executable, "-c", MANY, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    threads, memory = map(int, done.stdout.split())
    assert threads == 1 and memory < MOST
