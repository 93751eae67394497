"""What people take for the same key."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.diagnosis.spelling import difference, extension, fold, variants

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(keys)
def test_folding_twice_is_folding_once_for_names_without_percent_signs(key: str) -> None:
    plain = key.replace("%", "").replace("+", "")
    assert fold(fold(plain)) == fold(plain)


@given(keys)
def test_a_key_does_not_differ_from_itself(key: str) -> None:
    assert difference(key, key) == ""
    assert extension(key, key) == ""


@given(keys)
def test_both_ways_to_write_accents_fold_to_the_same(key: str) -> None:
    assert fold(unicodedata.normalize("NFC", key)) == fold(unicodedata.normalize("NFD", key))


@given(keys, keys)
def test_a_difference_means_the_same_fold(one: str, other: str) -> None:
    assert bool(difference(one, other)) == (one != other and fold(one) == fold(other))


@given(keys)
def test_variants_are_others_and_come_once(key: str) -> None:
    found = [variant for variant, _ in variants(key, "bucket")]
    assert key not in found
    assert len(set(found)) == len(found)
    assert all(0 < len(variant.encode()) <= 1024 for variant in found)


@given(keys)
def test_every_variant_says_how_it_differs(key: str) -> None:
    assert all(why for _, why in variants(key, "bucket"))


@pytest.mark.parametrize(
    ("asked", "found", "named"),
    [
        ("a/B.iso", "a/b.iso", "upper and lower case"),
        ("cafe\u0301", "caf\u00e9", "NFC"),
        ("/a/b", "a/b", "slash"),
        ("a//b", "a/b", "slash"),
        ("a/b", "a/b ", "spaces"),
        ("a b", "a%20b", "percent-encoding"),
        ("a+b", "a b", "percent-encoding"),
        ("a\\b", "a/b", "backslashes"),
        ("a\u200bb", "ab", "invisible"),
    ],
)
def test_the_difference_is_named(asked: str, found: str, named: str) -> None:
    assert named in difference(asked, found)
    assert named in difference(found, asked)
    assert " and " not in difference(asked, found).replace("upper and lower", "").replace("letter and mark", "")


def test_several_differences_are_all_named() -> None:
    said = difference("/A b.iso", "a%20b.iso")
    assert "slash" in said
    assert "upper and lower case" in said
    assert "percent-encoding" in said


@pytest.mark.parametrize(
    ("asked", "found", "said"),
    [
        ("a/disk", "a/disk.iso", "it ends in “.iso” as well"),
        ("a/disk.iso", "a/disk.iso.gz", "it ends in “.gz” as well"),
        ("a/disk", "a/disk.tar.gz", "it ends in “.tar.gz” as well"),
        ("a/disk.iso.gz", "a/disk.iso", "it lacks the “.gz”"),
        ("v1", "v1.2", ""),  # a number is no extension
        ("a/disk.iso", "a/disk.iso.sha256", ""),  # a checksum of it is not it
        ("a/disk", "a/disk-2.iso", ""),
        ("a", "b.iso", ""),
    ],
)
def test_extensions(asked: str, found: str, said: str) -> None:
    assert extension(asked, found) == said
