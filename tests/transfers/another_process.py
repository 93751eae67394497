"""Another s3tui, for tests: submits fakes to the journal in a folder, and is told by files what to do next.

`python -m tests.transfers.another_process FOLDER NAME…`: each runs until the file FOLDER/go-NAME is there. It writes
its notes first and prints a line, then waits; with the word `idle` it only holds the process open.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.transfers import request_text
from s3tui.transfers.journal import Journal
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue
from tests.transfers import fake


def main(folder: Path, *names: str) -> None:
    request_text.CLASSES.update(fake.CLASSES)

    def work(progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        progress.begin(10)
        progress.add(4)
        notes.set(upload_id="U-4711")
        print("noted", flush=True)
        while not (folder / "go").exists():
            token.wait(0.02)
        notes.clear()
        return fake.DONE

    fake.WORK["*"] = work
    queue = Queue(journal=Journal(folder))
    queue.submit_all(Connection(Profile("lab", credentials="anonymous")), [fake.Fake(name) for name in names])  # type: ignore[misc]
    while queue.running:
        queue.wait(0.1)
    print("ended", flush=True)
    while not (folder / "end").exists():
        time.sleep(0.02)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
