"""Where profiles come from, and which one the command line's options mean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from s3tui.errors import BadInput
from s3tui.profiles import sources
from s3tui.profiles.config import Config
from s3tui.profiles.model import Profile

NOTHING = Config(Path("config.toml"))


@pytest.fixture
def aws(tmp_path: Path) -> Path:
    """The folder of AWS's files."""
    folder = tmp_path / "home" / ".aws"
    folder.mkdir()
    return folder


def listed(config: Config = NOTHING, dotenv: Path | None = None) -> dict[str, Profile]:
    return {one.name: one for one in sources.all_profiles(config, dotenv)}


def test_a_bare_machine_has_the_anonymous_profile_only() -> None:
    (anonymous,) = sources.all_profiles(NOTHING)
    assert anonymous == Profile("anonymous", credentials="anonymous", origin="built in")


def test_every_aws_profile_is_listed_with_its_endpoint_and_region(aws: Path) -> None:
    (aws / "config").write_text("""
[default]
region = eu-west-1
[profile plain]
endpoint_url = http://plain.example:1
region = north
ca_bundle = /etc/plain.pem
request_checksum_calculation = when_required
s3 =
  addressing_style = path
[profile sections]
endpoint_url = http://not.this:1
services = ceph
[services ceph]
s3 =
  endpoint_url = https://ceph.example:8443
sts =
  endpoint_url = https://sts.example
[profile role]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/m
[profile sso]
sso_session = work
[sso-session work]
sso_region = eu-west-1
[profile ignoring]
endpoint_url = http://not.this:1
ignore_configured_endpoint_urls = true
""")
    (aws / "credentials").write_text("[keys]\naws_access_key_id = k\naws_secret_access_key = s3cret\n")
    found = listed()
    assert list(found) == ["default", "plain", "sections", "role", "sso", "ignoring", "keys", "anonymous"]
    assert found["default"] == Profile("default", region="eu-west-1", credentials="aws:default", origin="~/.aws")
    assert found["plain"] == Profile(
        "plain",
        endpoint="http://plain.example:1",
        region="north",
        addressing="path",
        ca_file="/etc/plain.pem",
        checksums="when_required",
        credentials="aws:plain",
        origin="~/.aws",
    )
    assert found["sections"].endpoint == "https://ceph.example:8443"
    assert found["ignoring"].endpoint is None
    assert not any(one.problem for one in found.values())
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("services = gone", "[services gone]"),
        ("sso_session = gone", "[sso-session gone]"),
        ("source_profile = gone", "[profile gone]"),
        ("endpoint_url = localhost:9000", "http://"),
    ],
)
def test_an_aws_profile_that_cannot_work_says_why(aws: Path, option: str, problem: str) -> None:
    (aws / "config").write_text(f"[profile x]\n{option}\n")
    assert problem in listed()["x"].problem


def test_an_indented_block_in_place_of_a_value_is_no_crash(aws: Path) -> None:
    (aws / "config").write_text("[profile x]\nregion =\n  a = b\nservices =\n  c = d\ns3 = text\n")
    assert listed()["x"] == Profile("x", credentials="aws:x", origin="~/.aws")


def test_a_broken_aws_file_is_said_without_its_content(aws: Path) -> None:
    (aws / "credentials").write_text("[x]\nthis line has s3cret in it\n")
    (broken, _) = sources.all_profiles(NOTHING)
    assert "can't be read" in broken.problem
    assert "s3cret" not in repr(broken)


def test_aws_files_are_found_where_aws_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c").write_text("[profile one]\n")
    (tmp_path / "k").write_text("[two]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "c"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "k"))
    assert list(listed()) == ["one", "two", "anonymous"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_S3_ENDPOINT_URL"], "AWS_ENDPOINT_URL_S3"),
        (["AWS_ENDPOINT_URL", "AWS_S3_ENDPOINT_URL"], "AWS_ENDPOINT_URL"),
        (["AWS_S3_ENDPOINT_URL"], "AWS_S3_ENDPOINT_URL"),
    ],
)
def test_the_environments_endpoint(names: list[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names:
        monkeypatch.setenv(name, f"http://{name.lower().replace('_', '-')}.example")
    assert listed()["environment"].endpoint == f"http://{expected.lower().replace('_', '-')}.example"


def test_the_environment_as_a_profile(monkeypatch: pytest.MonkeyPatch, aws: Path) -> None:
    (aws / "config").write_text("[profile p]\nregion = north\nendpoint_url = http://p.example\n")
    monkeypatch.setenv("AWS_PROFILE", "p")
    expected = Profile(
        "environment", "http://p.example", "north", credentials="env", origin="environment", access_key_id=None
    )
    assert listed()["environment"] == expected
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://env.example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "south")
    assert listed()["environment"].endpoint == "http://env.example"
    assert listed()["environment"].region == "south"
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert listed()["environment"].endpoint == "http://p.example"


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"AWS_PROFILE": "gone"}, "AWS_PROFILE names “gone”"),
        ({"AWS_ACCESS_KEY_ID": "k"}, "Only one of"),
        ({"AWS_ENDPOINT_URL": "localhost:9000"}, "http://"),
    ],
)
def test_an_environment_that_cannot_work_says_why(
    variables: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert problem in listed()["environment"].problem


def test_a_profile_of_ours_takes_what_it_leaves_out_from_its_aws_profile(aws: Path) -> None:
    (aws / "config").write_text("[profile base]\nregion = north\nendpoint_url = http://base.example\n")
    ours = (
        Profile("a", credentials="aws:base", read_only=True),
        Profile("b", endpoint="http://own.example", region="own", credentials="aws:base"),
        Profile("c", credentials="aws:gone"),
    )
    found = listed(Config(Path("c"), profiles=ours))
    assert (found["a"].endpoint, found["a"].region) == ("http://base.example", "north")
    assert (found["b"].endpoint, found["b"].region) == ("http://own.example", "own")
    assert "“gone”" in found["c"].problem


def test_a_profile_of_ours_takes_what_it_leaves_out_from_its_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text("S3_ENDPOINT=host:1\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\nS3_REGION_NAME=r\n")
    (tmp_path / "half.env").write_text("S3_ACCESS_KEY=k\n")
    ours = (
        Profile("a", credentials=f"dotenv:{tmp_path}/app.env"),
        Profile("b", credentials=f"dotenv:{tmp_path}/half.env"),
    )
    found = listed(Config(Path("c"), profiles=ours))
    assert (found["a"].endpoint, found["a"].region, found["a"].origin) == ("https://host:1", "r", "config")
    assert "S3_SECRET_KEY" in found["b"].problem


def test_a_dotenv_file_by_path_or_in_the_working_directory(tmp_path: Path) -> None:
    text = "AWS_ACCESS_KEY_ID=k\nAWS_SECRET_ACCESS_KEY=s\nAWS_ENDPOINT_URL=http://host:1\n"
    (tmp_path / ".env").write_text(text)
    (tmp_path / "other.env").write_text(text.replace("host", "other"))
    assert listed()[".env"].endpoint == "http://host:1"
    assert listed()[".env"].origin == f".env: {tmp_path}/.env"
    assert listed(dotenv=tmp_path / "other.env")["other.env"].endpoint == "http://other:1"
    assert "can't be read" in listed(dotenv=tmp_path / "gone.env")["gone.env"].problem


def test_a_virtual_environment_called_dot_env_is_no_profile(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert ".env" not in listed()


OURS = Profile("same", endpoint="http://ours.example", credentials="anonymous")
ALL = [
    Profile("same", credentials="aws:same", origin="~/.aws"),
    OURS,
    Profile("production", credentials="aws:production", origin="~/.aws"),
    Profile("bad", problem="It is broken."),
    Profile("locked", read_only=True),
]


def test_a_name_is_looked_up_among_ours_first() -> None:
    assert sources.choose(ALL, "same") == OURS
    assert sources.choose(ALL, "production").credentials == "aws:production"


def test_an_unknown_name_names_near_ones() -> None:
    with pytest.raises(BadInput, match=r"no profile “prodution”.*“production”"):
        sources.choose(ALL, "prodution")
    with pytest.raises(BadInput, match=r"s3tui profile list"):
        sources.choose(ALL, "zzz")


def test_a_profile_with_a_problem_is_not_chosen() -> None:
    with pytest.raises(BadInput, match=r"“bad” can't be used\. It is broken\."):
        sources.choose(ALL, "bad")


def test_without_a_name_awss_own_chain_applies(monkeypatch: pytest.MonkeyPatch, aws: Path) -> None:
    (aws / "config").write_text("[default]\nendpoint_url = http://default.example\nregion = d\n[profile p]\n")
    chosen = sources.choose(sources.all_profiles(NOTHING))
    assert chosen == Profile("environment", "http://default.example", "d", credentials="env", origin="environment")
    monkeypatch.setenv("AWS_PROFILE", "p")
    assert sources.choose(sources.all_profiles(NOTHING)).endpoint is None
    monkeypatch.setenv("AWS_S3_ENDPOINT_URL", "http://env.example")
    assert sources.choose(sources.all_profiles(NOTHING)).endpoint == "http://env.example"
    monkeypatch.setenv("AWS_PROFILE", "gone")
    with pytest.raises(BadInput, match="gone"):
        sources.choose(sources.all_profiles(NOTHING))


def test_endpoint_and_region_win_and_make_the_profile_uneditable() -> None:
    chosen = sources.choose(ALL, "same", endpoint="http://other.example", region="r")
    assert (chosen.endpoint, chosen.region) == ("http://other.example", "r")
    assert OURS.editable
    assert not chosen.editable
    with pytest.raises(BadInput, match="http://"):
        sources.choose(ALL, "same", endpoint="other.example")


def test_read_only_is_only_ever_added() -> None:
    assert sources.choose(ALL, "same", read_only=True).read_only
    assert not sources.choose(ALL, "same").read_only
    assert sources.choose(ALL, "locked", read_only=False).read_only


def test_importing_sources_loads_nothing_heavy() -> None:
    code = (
        "import sys, s3tui.profiles.sources, s3tui.profiles.store, s3tui.profiles.credentials;"
        "print(*{'boto3', 'botocore', 'keyring', 'tomlkit', 'dotenv'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert shown.stdout.strip() == ""
