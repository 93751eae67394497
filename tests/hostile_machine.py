"""A machine whose files hold hostile names: config, AWS's files, a .env file, folders and files to upload."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests import hostile
from tests.hostile_server import BUCKET

_ODD = set("\n\r\0\x0b\x0c\x85\u2028\u2029\"'#")
_LINE = "".join(value for value in hostile.SEQUENCES.values() if not set(value) & _ODD)


def prepare(home: Path, endpoint: str) -> dict[str, str]:
    """Fill `home` and return the environment of a program that finds all this. It should run in `home/work/…`."""
    (home / ".aws").mkdir()
    (home / ".aws/config").write_text(
        f"[profile {_LINE}]\nregion = {_LINE}\nendpoint_url = {endpoint}\n[profile a[/b]\nservices = {_LINE}\n"
    )
    folder = work_folder(home)
    folder.mkdir(parents=True)
    (folder / ".env").write_text(f"S3_ENDPOINT={_LINE}\nS3_ACCESS_KEY={_LINE}\nS3_SECRET_KEY=x\n")
    for name in local_names():
        path = folder / os.fsdecode(name)
        path.write_bytes(b"content")
        os.utime(path, (0, 0))  # what has just been written is pointed out, and these are not
    return {**os.environ, **variables(endpoint)}


def write_config(home: Path, endpoint: str) -> None:
    """Settings, keys and profiles under hostile names, some of them good enough to be used."""
    config = home / ".config/s3tui/config.toml"
    config.parent.mkdir(parents=True)
    names = (hostile.SEQUENCES["title"], hostile.ALL, "a[/b]", "[@click=app.quit]x[/]")
    profiles = "".join(
        f'[profiles.{_toml(name)}]\nendpoint = "{endpoint}"\ncredentials = "env"\nregion = "[/b]"\n'
        for name in (name.replace("\x7f", "") for name in names)
    )
    config.write_text(
        f"theme = {_toml(names[0])}\n{_toml(names[0])} = 1\n[keys]\n"
        f"{_toml(names[0])} = 'x'\nupload = {_toml(names[0])}\n{profiles}"
    )


def variables(endpoint: str) -> dict[str, str]:
    """Whom to talk to."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIAHOSTILE",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }


def work_folder(home: Path) -> Path:
    """A folder whose own name is hostile."""
    return home / "work" / f"[/b]{_LINE}".replace("/", "\\")


def local_names() -> list[bytes]:
    """Names that a file may have here."""
    names = {name.replace("/", "\\").replace("\0", "").encode() for name in hostile.NAMES} - {b".", b"..", b""}
    return [*sorted(name for name in names if len(name) < 256), b"PWN-\xff\xfe.bin"]


TARGET = f"s3://{BUCKET}/"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
