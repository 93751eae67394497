"""The sum of what arrives in parts, in any order, some of it twice, some of it before."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.transfers.checksums import ALGORITHMS
from s3tui.transfers.parts import Part
from s3tui.transfers.receiving import Arriving, arriving

DATA = bytes(range(256)) * 4


@given(
    algorithm=st.sampled_from(["CRC64NVME", "CRC32C", "CRC32"]),
    stretches=st.lists(st.tuples(st.integers(0, len(DATA)), st.integers(0, 300)), max_size=12),
)
def test_whatever_was_added_the_sum_is_that_of_the_whole(algorithm: str, stretches: list[tuple[int, int]]) -> None:
    summed = Arriving(algorithm, len(DATA))
    for start, length in stretches:
        piece = DATA[start : start + length]
        summed.add(piece[: length // 2], start)
        summed.add(memoryview(piece)[length // 2 :], start + len(piece[: length // 2]))

    def chunks(part: Part) -> Iterator[bytes]:
        for at in range(part.offset, part.offset + part.length, 100):
            yield DATA[at : min(at + 100, part.offset + part.length)]

    whole = ALGORITHMS[algorithm]()
    whole.update(DATA)
    assert summed.digest(chunks) == whole.digest()


def test_nothing_is_read_when_everything_was_added() -> None:
    summed = Arriving("CRC64NVME", len(DATA))
    for start in (512, 0, 768, 256):
        summed.add(DATA[start : start + 256], start)
    whole = ALGORITHMS["CRC64NVME"]()
    whole.update(DATA)
    assert summed.digest(lambda part: pytest.fail(f"read {part}")) == whole.digest()
    assert base64.b64encode(whole.digest())


def test_only_what_can_be_combined() -> None:
    assert arriving(["SHA256", "SHA1"], 1) is None
    found = arriving(["SHA256", "CRC32", "CRC64NVME"], 1)
    assert found is not None
    assert found.algorithm == "CRC64NVME"
