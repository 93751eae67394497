"""The config file: what it says, what it says wrongly, and that changing it loses nothing."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3tui.errors import BadInput
from s3tui.profiles import config
from s3tui.profiles.model import Profile
from s3tui.profiles.rules import ADDRESSING, CHECKSUMS, PROFILE_OPTIONS, problems

CEPH = Profile("ceph", endpoint="http://localhost:7480", credentials="keyring", access_key_id="key-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_a_missing_file_is_an_empty_one(path: Path) -> None:
    assert config.load(path) == config.Config(path)


def test_everything_a_file_can_say(path: Path) -> None:
    path.write_text("""
theme = "nord"
[keys]
upload = "u,ctrl+u"
[profiles."on prem"]
endpoint = "https://s3.example.org:9000"
region = "north"
addressing = "path"
verify_tls = false
ca_file = "/etc/ca.pem"
checksums = "when_supported"
read_only = true
credentials = "keyring"
access_key_id = "key-1"
buckets = ["a", "b"]
""")
    assert config.load(path) == config.Config(
        path,
        theme="nord",
        keys={"upload": "u,ctrl+u"},
        profiles=(
            Profile(
                "on prem",
                endpoint="https://s3.example.org:9000",
                region="north",
                addressing="path",
                verify_tls=False,
                ca_file="/etc/ca.pem",
                checksums="when_supported",
                read_only=True,
                credentials="keyring",
                access_key_id="key-1",
                buckets=("a", "b"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("theme = 3", "line 1: theme: it should be the name of a theme."),
        ("\n\nthemes = 'x'", "line 3: themes: no such option; “theme” is meant, perhaps."),
        ("[keys]\nquit = ['q']", "line 2: keys.quit: it should be a key such as “u”, or several: “u,ctrl+u”."),
        ("keys = 'x'", "line 1: keys: it should be a table: [keys]."),
        ("profiles = 1", "line 1: profiles: it should be a table: [profiles]."),
        ("[profiles]\nx = 1", "line 2: profiles.x: it should be a table: [profiles.x]."),
        ("[profiles.x]\nread_only = 'yes'", "line 2: profiles.x.read_only: it should be true or false."),
        (
            "[profiles.x]\nreadonly = true",
            "line 2: profiles.x.readonly: no such option; “read_only” is meant, perhaps.",
        ),
        ("[profiles.x]\nendpoint = 'localhost:1'", "it should be a URL such as “https://s3.example.org”."),
        ("[profiles.x]\nendpoint = 'http://a:b@localhost'", "it should be a URL such as “https://s3.example.org”."),
        ("[profiles.x]\naddressing = 'dns'", "it should be “auto”, “path” or “virtual”."),
        ("[profiles.x]\ncredentials = 'aws:'", "it should be “keyring”, “aws:NAME”, “env”"),
        ("[profiles.x]\nbuckets = 'b'", "it should be a list of bucket names."),
        ("[profiles.x]\nsecret_access_key = 's'", "a secret is never kept here"),
        ("[profiles.' x']", "line 1: profiles. x: A name has no space at its ends and no control characters."),
        ("a = 1\nb = ", "line 2: this is not TOML: Invalid value."),
        ("a = [", "this is not TOML: Invalid value."),
    ],
)
def test_a_complaint_says_file_line_option_and_what_was_expected(path: Path, text: str, complaint: str) -> None:
    path.write_text(text)
    (found,) = config.load(path).complaints
    assert complaint in str(found)
    assert str(found).startswith(str(path))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = " + b"[" * 5000])
def test_a_file_that_is_not_text_or_too_deep_is_a_complaint(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert len(config.load(path).complaints) == 1


def test_a_folder_in_place_of_the_file_is_a_complaint(path: Path) -> None:
    path.mkdir()
    assert "can't be read" in str(config.load(path).complaints[0])


@settings(deadline=None)
@given(text=st.text())
def test_no_text_makes_load_raise(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    config.load(path)


@pytest.mark.parametrize("line", ["readonly = true", "read_only = 'true'", "region = 3"])
def test_a_profile_described_wrongly_is_shown_and_cannot_be_used(path: Path, line: str) -> None:
    path.write_text(f"[profiles.x]\ncredentials = 'env'\n{line}\n[profiles.y]\n")
    wrong, right = config.load(path).profiles
    assert "line 3" in wrong.problem
    assert wrong.read_only
    assert not right.problem


def test_profiles_are_added_changed_and_removed(path: Path) -> None:
    config.add(path, CEPH)
    config.add(path, Profile("public", credentials="anonymous", buckets=("one",)))
    assert [one.name for one in config.load(path).profiles] == ["ceph", "public"]
    config.replace(path, "public", Profile("open", credentials="anonymous", read_only=True))
    assert config.load(path).profiles == (CEPH, Profile("open", credentials="anonymous", read_only=True))
    config.remove(path, "ceph")
    assert [one.name for one in config.load(path).profiles] == ["open"]


_LETTERS = st.characters(exclude_categories=["C", "Z"])  # what is printable, as `rules` asks for
_TEXTS = st.builds("{}{}".format, _LETTERS, st.text(_LETTERS | st.just(" "), max_size=20)).map(str.rstrip)
_PROFILES = st.builds(
    Profile,
    name=_TEXTS,
    endpoint=st.none() | st.sampled_from(["http://localhost:1", "https://[::1]/s3"]),
    region=st.none() | _TEXTS,
    addressing=st.sampled_from(ADDRESSING),
    verify_tls=st.booleans(),
    checksums=st.sampled_from(CHECKSUMS),
    read_only=st.booleans(),
    credentials=st.sampled_from(["keyring", "env", "session", "anonymous", "dotenv:/x"]) | _TEXTS.map("aws:{}".format),
    access_key_id=st.none() | _TEXTS,
    buckets=st.lists(_TEXTS, max_size=3).map(tuple),
)


@settings(deadline=None, max_examples=50)
@given(profiles=st.lists(_PROFILES, max_size=4, unique_by=lambda one: one.name), last=_PROFILES)
def test_every_profile_comes_back_as_it_was_kept(
    profiles: list[Profile], last: Profile, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("round") / "config.toml"
    for profile in profiles:
        config.add(path, profile)
    assert config.load(path) == config.Config(path, profiles=tuple(profiles))
    if len(profiles) > 1 and last.name not in {one.name for one in profiles}:
        config.replace(path, profiles[0].name, last)
        config.remove(path, profiles[-1].name)
        assert set(config.load(path).profiles) == {last, *profiles[1:-1]}


def test_only_what_differs_from_the_defaults_is_written(path: Path) -> None:
    config.add(path, Profile("plain", credentials="env"))
    assert path.read_text() == '[profiles.plain]\ncredentials = "env"\n'


def test_comments_order_and_unknown_things_stay(path: Path) -> None:
    path.write_text("""# my settings
theme = "nord" # dark

[profiles.a] # the first
# local only
endpoint = "http://localhost:1"   # here
credentials = "env"
later = 1

[keys] # mine
upload = "U"

[profiles.b]
credentials = "anonymous"
""")
    config.replace(path, "a", Profile("a", endpoint="http://localhost:2", credentials="env", read_only=True))
    config.add(path, Profile("c", credentials="env"))
    config.remove(path, "b")
    text = path.read_text()
    for kept in ("# my settings", '"nord" # dark', "# the first", "# local only", "# here", "# mine", "later = 1"):
        assert kept in text
    assert 'endpoint = "http://localhost:2"' in text
    assert [one.name for one in config.load(path).profiles] == ["a", "c"]


def test_a_renamed_profile_keeps_its_comments(path: Path) -> None:
    path.write_text("[profiles.a]\n# keep me\ncredentials = 'env'\n")
    config.replace(path, "a", Profile("b", credentials="env"))
    assert "# keep me" in path.read_text()
    assert [one.name for one in config.load(path).profiles] == ["b"]


@pytest.mark.parametrize(
    "text",
    [
        "profiles = {a = {credentials = 'env'}}\n",
        "[profiles]\na = {credentials = 'env'}\n",
        "profiles.a.credentials = 'env'\n",
        "[profiles.a]\ncredentials = 'env'\n[keys]\n[profiles.'b.c']\ncredentials = 'env'\n[profiles.d]\n",
    ],
)
def test_each_way_to_write_tables_is_changed_rightly_or_not_at_all(path: Path, text: str) -> None:
    path.write_text(text)
    before = config.load(path).profiles
    try:
        config.add(path, CEPH)
    except config.ConfigNotWritten:
        assert path.read_text() == text
    else:
        assert set(config.load(path).profiles) == {*before, CEPH}


def test_a_taken_name_is_refused(path: Path) -> None:
    config.add(path, CEPH)
    config.add(path, Profile("other"))
    before = path.read_text()
    with pytest.raises(BadInput, match="already is a profile “ceph”"):
        config.add(path, CEPH)
    with pytest.raises(BadInput, match="already is a profile “ceph”"):
        config.replace(path, "other", CEPH)
    with pytest.raises(BadInput, match="no profile “gone”"):
        config.remove(path, "gone")
    assert path.read_text() == before


def test_a_broken_file_is_never_overwritten(path: Path) -> None:
    path.write_text("[profiles.a\n")
    with pytest.raises(config.ConfigNotWritten, match="not TOML"):
        config.add(path, CEPH)
    assert path.read_text() == "[profiles.a\n"


def test_the_file_is_for_its_owner_only_and_nothing_else_is_left(path: Path) -> None:
    config.add(path, CEPH)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(one.name for one in path.parent.iterdir() if one.is_file()) == ["config.toml", "config.toml.lock"]


def test_the_file_behind_a_link_is_changed_not_the_link(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "s3tui.toml"
    real.parent.mkdir()
    path.symlink_to(real)
    config.add(path, CEPH)
    assert path.is_symlink()
    assert config.load(real).profiles == (CEPH,)


def _add_many(path: Path, worker: int) -> None:
    for number in range(5):
        config.add(path, Profile(f"{worker}-{number}", credentials="env"))


def test_processes_that_write_at_once_lose_no_profile(path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    workers = [processes.Process(target=_add_many, args=(path, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {one.name for one in config.load(path).profiles} == {f"{a}-{b}" for a in range(3) for b in range(5)}


def test_the_example_names_every_option_and_is_right(tmp_path: Path) -> None:
    example = (Path(__file__).parents[2] / "config.example.toml").read_text()
    for option in PROFILE_OPTIONS:
        assert f"\n# {option} = " in example or f"\n{option} = " in example
    used = tmp_path / "config.toml"
    used.write_text("\n".join(_uncommented(line) for line in example.splitlines()))
    loaded = config.load(used)
    assert not loaded.complaints
    assert loaded.theme
    assert loaded.keys
    assert {one.credentials.partition(":")[0] for one in loaded.profiles} >= {"keyring", "aws", "env", "anonymous"}
    assert not (tmp_path / "config.toml.lock").exists()


def _uncommented(line: str) -> str:
    """A commented option or table (`# name = …`, `# [table]`) without its `# `; prose starts with `##`."""
    return line.removeprefix("# ") if line.startswith("# ") else line


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (Profile(""), "name"),
        (Profile("x" * 65), "name"),
        (Profile("tab\there"), "name"),
        (Profile("x", endpoint=""), "endpoint"),
        (Profile("x", endpoint="ftp://host"), "endpoint"),
        (Profile("x", endpoint="http://host:99999"), "endpoint"),
        (Profile("x", endpoint="http://host/?a=b"), "endpoint"),
        (Profile("x", ca_file="/no/such/file"), "ca_file"),
        (Profile("x", credentials="dotenv:/no/such/file"), "credentials"),
        (Profile("x", credentials="vault"), "credentials"),
        (Profile("x", credentials="keyring"), "access_key_id"),
    ],
)
def test_what_is_wrong_with_a_profile_is_said_for_its_field(profile: Profile, field: str) -> None:
    assert list(problems(profile)) == [field]


def test_nothing_is_wrong_with_a_good_profile(path: Path) -> None:
    path.touch()
    assert problems(CEPH) == {}
    assert problems(Profile("x", endpoint="http://[::1]:9000/s3", ca_file=str(path))) == {}
    assert problems(Profile("x", credentials=f"dotenv:{path}")) == {}


def test_a_config_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(config.ConfigNotWritten, match="can't be changed"):
        config.add(tmp_path / "file" / "config.toml", CEPH)
    assert set(os.listdir(tmp_path)) == {"file", "home"}
