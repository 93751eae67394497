"""The screen's thread asks the kernel to be woken before others, and gives none of that on."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = textwrap.dedent(
    """
    import ctypes, os, struct, subprocess, sys, threading
    from s3tui.ui import punctual

    def looked():
        # sched_getattr is the system call after sched_setattr
        number = punctual._SYSTEM_CALL[os.uname().machine] + 1
        held = ctypes.create_string_buffer(punctual._ATTRIBUTES.size)
        assert ctypes.CDLL(None).syscall(number, 0, held, len(held), 0) == 0
        _, policy, _, nice, _, runtime, *_ = punctual._ATTRIBUTES.unpack(held)
        print(policy, nice, runtime)

    os.nice(3)
    looked()
    punctual.wake_early()
    looked()
    thread = threading.Thread(target=looked)
    thread.start()
    thread.join()
    """
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be asked")
def test_the_thread_is_woken_early_and_stays_as_nice_as_it_was() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after, in_a_thread = ([int(word) for word in line.split()] for line in done.stdout.splitlines())
    assert before[:2] == after[:2] == in_a_thread[:2]
    release = tuple(int(number) for number in os.uname().release.split("-")[0].split(".")[:2])
    if release >= (6, 12):
        assert after[2] == 100_000
        assert in_a_thread[2] == before[2]
