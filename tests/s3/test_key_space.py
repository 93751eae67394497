"""Splits are keys that may be asked for, strictly between their ends, and few are wasted on keys of any kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3tui.s3 import fan_out
from s3tui.s3.columns import OBJECT
from s3tui.s3.key_space import KeySpace
from tests.s3.simulated_streams import Bucket, Streams, page

_KEYS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=340).map(str.encode),
        st.text("0123/-é日😀\x01\x7f\ufffe", min_size=1, max_size=9).map(str.encode),
        st.binary(min_size=1, max_size=9),
    ),
    min_size=2,
    max_size=30,
    unique=True,
).map(sorted)


@settings(max_examples=100)
@given(keys=_KEYS, chance=st.randoms(use_true_random=False), bounded=st.booleans())
def test_a_split_is_a_key_between_its_ends(keys: list[bytes], chance: Random, bounded: bool) -> None:
    prefix = keys[0][: chance.choice([0, 0, 1, 4])]
    keys = [key for key in keys if key.startswith(prefix)]
    space = KeySpace(prefix)
    space.learn(page([(key, OBJECT) for key in keys]))
    at = chance.randrange(len(keys))
    first, last, end = keys[0], keys[at], keys[-1] if bounded else None
    assert 0 <= space.left(first, last, end) < math.inf
    for split in (space.split(last, end), space.split_deep(first, last, end)):
        if split is not None:
            assert last < split
            assert end is None or split < end
            assert split.startswith(prefix)
            assert len(split) <= 1024
            new = "".join(set(split.decode()) - set(last.decode(errors="ignore")))
            ElementTree.fromstring(f"<Key>{_escaped(new)}</Key>")  # XML can hold it


def test_what_is_unknown_is_not_guessed() -> None:
    space = KeySpace(b"")
    space.learn(page([(b"a", OBJECT)]))
    assert space.left(b"a", b"a", None) == 0
    assert space.split(b"a\xff\xff", b"a\xff\xff\x00") is None
    assert space.split("😀".encode() * 256, "😀".encode() * 256 + b"!") is None, "longer than a key may be"


def test_between_characters_that_were_never_seen_there_is_a_split_too() -> None:
    space = KeySpace(b"")
    space.learn(page([(b"%03d" % number, OBJECT) for number in range(50)]))
    split = space.split(b"sub-1/5", b"suc")
    assert split
    assert b"sub-1/5" < split < b"suc"


def test_a_stretch_of_even_keys_is_halved_and_its_rest_is_estimated() -> None:
    keys = sorted(str(UUID(int=Random(number).getrandbits(128))).encode() for number in range(4000))
    space = KeySpace(b"")
    for first in range(0, 1000, 100):
        space.learn(page([(key, OBJECT) for key in keys[first : first + 100]]))
    left = 1000 * space.left(keys[0], keys[999], None)
    assert 1000 < left < 9000, "3000 are, give or take a factor of three"
    split = space.split(keys[999], None)
    assert split
    assert 0.3 < sum(key > split for key in keys) / 3000 < 0.7


def test_where_only_deep_levels_were_seen_a_split_skips_many() -> None:
    long = b"/".join(b"folder-%d" % number for number in range(40))
    keys = [long + b"/%05d" % number for number in range(50)]
    space = KeySpace(b"")
    space.learn(page([(key, OBJECT) for key in keys]))
    split = space.split_deep(keys[0], keys[-1], None)
    assert split
    assert split.startswith(long[: len(long) // 3])
    assert not split.startswith(long[: len(long) * 2 // 3])
    assert space.split_deep(keys[0], keys[-1], long + b"/1") is None, "few levels are left"


def _hot(chance: Random, number: int) -> str:
    """99 % of the keys are below one prefix."""
    return f"m/hot/{number:08}" if number % 100 else f"{chance.choice('abcdefghijklmnopqrstuvwxyz')}{number}"


def _dated(chance: Random, number: int) -> str:
    day, host = divmod(number, 60)
    return f"logs/{2021 + day % 5}/{1 + day // 5 % 12:02}/{1 + day // 60 % 28:02}/host-{host % 20:02}/part-{number:06}"


_LONG = "/".join(f"directory-{number}" for number in range(60))
_KINDS: dict[str, Callable[[Random, int], str]] = {
    "numbers": lambda _, number: f"key-{number:010}",
    "numbers without zeros": lambda _, number: f"data/part-{number * 7}.parquet",
    "UUIDs": lambda chance, _: str(UUID(int=chance.getrandbits(128))),
    "dates": _dated,
    "multi-byte": lambda chance, number: f"文档/{chr(chance.randrange(0x4E00, 0x9FFF))}é/{number}😀",
    "one hot prefix": _hot,
    "long shared prefix": lambda _, number: f"{_LONG}/sub-{number % 7}/{number:06}",
    "cameras": lambda _, number: f"DCIM/{100 + number // 900}CANON/IMG_{number % 900:04}.JPG",
}


@pytest.mark.parametrize("kind", _KINDS)
def test_several_streams_cost_few_requests_more_than_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand pages by 16 streams, all of which soon have work; scaled down, so that a page is 40 keys."""
    monkeypatch.setattr(fan_out, "WORTH", 100)
    chance = Random(1)
    keys = sorted(_KINDS[kind](chance, number).encode() for number in range(40_000))
    bucket = Bucket(keys, page_size=40)
    plan = bucket.plan()
    streams = Streams(bucket, plan, 16, chance, alone=5)
    assert sum(len(one) for one in streams.run()) == len(keys)
    assert plan.requests < 1.2 * 1000
    assert streams.round_trips < 100, "one stream makes a thousand"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
