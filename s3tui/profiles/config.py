"""The config file: settings, keys, theme and profiles, without secrets."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3tui.profiles.config_edit import ConfigNotWritten, add, remove, replace
from s3tui.profiles.model import Profile
from s3tui.profiles.rules import PROFILE_OPTIONS, name_problem
from s3tui.profiles.toml_lines import Place, line_numbers, line_of

__all__ = ["Complaint", "Config", "ConfigNotWritten", "add", "load", "remove", "replace"]

_SETTINGS = ("theme", "keys", "profiles")
_SECRETS = ("secret_access_key", "aws_secret_access_key", "secret_key", "session_token", "aws_session_token")


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something in the config file that can't be used, and what was expected instead."""

    file: Path
    line: int  # from 1; 0 when the whole file is meant
    option: str  # dotted; empty when the whole file is meant
    expected: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else str(self.file)
        return f"{place}: {self.option}: {self.expected}." if self.option else f"{place}: {self.expected}."


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says, with defaults for what it doesn't say or says wrongly (see `complaints`)."""

    path: Path
    theme: str | None = None
    keys: dict[str, str] = field(default_factory=dict)  # command id -> keys, separated by commas
    profiles: tuple[Profile, ...] = ()
    complaints: tuple[Complaint, ...] = ()


def load(path: Path) -> Config:
    """Read `path`. Never raises: what can't be read becomes a complaint, and a missing file is an empty one.

    A profile that the file describes wrongly is kept with its `problem`, and can't be used: a misspelt
    `read_only` must not turn into a profile that writes.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except FileNotFoundError:
        return Config(path)
    except tomllib.TOMLDecodeError as error:
        return Config(path, complaints=(_syntax_complaint(path, text, str(error)),))
    except UnicodeDecodeError:
        return Config(path, complaints=(Complaint(path, 0, "", "the file should be UTF-8 text"),))
    except OSError as error:
        return Config(path, complaints=(Complaint(path, 0, "", f"can't be read: {error.strerror}"),))
    except RecursionError:
        return Config(path, complaints=(Complaint(path, 0, "", "values are nested too deeply"),))
    return _Reader(path, text).config(document)


def _syntax_complaint(path: Path, text: str, message: str) -> Complaint:
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", message)
    said = message.replace(match[0], "") if match else message
    line = int(match[1]) if match and match[1] else len(text.splitlines())
    return Complaint(path, line, "", f"this is not TOML: {said}")


class _Reader:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = line_numbers(text)
        self.complaints: list[Complaint] = []

    def config(self, document: dict[str, Any]) -> Config:
        for name in document:
            if name not in _SETTINGS:
                self.complain((name,), _unknown(name, _SETTINGS))
        theme = self._theme(document)
        keys = self._keys(document)
        profiles = self._profiles(document)
        return Config(self.path, theme, keys, profiles, tuple(self.complaints))

    def complain(self, place: Place, expected: str) -> Complaint:
        complaint = Complaint(self.path, line_of(self.lines, place), ".".join(place), expected)
        self.complaints.append(complaint)
        return complaint

    def _theme(self, document: dict[str, Any]) -> str | None:
        theme = document.get("theme")
        if theme is None or (isinstance(theme, str) and theme):
            return theme
        self.complain(("theme",), "it should be the name of a theme")
        return None

    def _keys(self, document: dict[str, Any]) -> dict[str, str]:
        keys = self._table(document, "keys")
        for command, pressed in keys.items():
            if not isinstance(pressed, str):
                self.complain(("keys", command), "it should be a key such as “u”, or several: “u,ctrl+u”")
        return {command: pressed for command, pressed in keys.items() if isinstance(pressed, str)}

    def _profiles(self, document: dict[str, Any]) -> tuple[Profile, ...]:
        found = []
        for name, table in self._table(document, "profiles").items():
            if isinstance(table, dict):
                found.append(self._profile(name, table))
            else:
                self.complain(("profiles", name), f"it should be a table: [profiles.{name}]")
        return tuple(found)

    def _table(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        table = document.get(name, {})
        if isinstance(table, dict):
            return table
        self.complain((name,), f"it should be a table: [{name}]")
        return {}

    def _profile(self, name: str, table: dict[str, Any]) -> Profile:
        before = len(self.complaints)
        if problem := name_problem(name):
            self.complain(("profiles", name), problem.removesuffix("."))
        good: dict[str, Any] = {}
        for option, value in table.items():
            place = ("profiles", name, option)
            if option in _SECRETS:
                self.complain(place, "a secret is never kept here; add the profile again to put it in the keyring")
            elif option not in PROFILE_OPTIONS:
                self.complain(place, _unknown(option, PROFILE_OPTIONS))
            elif not PROFILE_OPTIONS[option].fits(value):
                self.complain(place, f"it should be {PROFILE_OPTIONS[option].expected}")
            else:
                good[option] = tuple(value) if isinstance(value, list) else value
        if "ca_file" in good:
            good["ca_file"] = str(Path(good["ca_file"]).expanduser())
        wrong = self.complaints[before:]
        if wrong:
            good["read_only"] = True
        return Profile(name=name, origin="config", problem=" ".join(map(str, wrong)), **good)


def _unknown(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), 1, 0.5)
    return "no such option" + (f"; “{near[0]}” is meant, perhaps" if near else "")
