"""`s3tui profile list|test|add|rm`: whom s3tui can talk to."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from s3tui.cli.common import all_profiles, ask_mfa, config_path, emit, profile_of, say
from s3tui.cli.main import DONE, FAILED
from s3tui.display import visible
from s3tui.errors import BadInput

if TYPE_CHECKING:
    from s3tui.profiles.model import Addressing, Checksums, Profile


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words and options that stand after `s3tui profile`."""
    from s3tui.profiles.rules import ADDRESSING, CHECKSUMS

    actions = parser.add_subparsers(dest="action", required=True, metavar="list|test|add|rm")
    listing = actions.add_parser("list", help="every profile, and where it comes from")
    listing.set_defaults(act=_list)
    testing = actions.add_parser("test", help="try a profile step by step")
    testing.set_defaults(act=_test)
    testing.add_argument("name", nargs="?", metavar="NAME", help="the profile (default: AWS's own chain)")
    for subparser in (listing, testing):
        subparser.add_argument("--json", action="store_true", help="one JSON object a line")
    adding = actions.add_parser(
        "add",
        help="add a profile to the config file",
        epilog="The secret is asked for, or read from standard input; it is never an argument.",
    )
    adding.set_defaults(act=_add)
    adding.add_argument("name", metavar="NAME")
    # These may also stand before the word `profile`, so here they have no default of their own.
    adding.add_argument("--endpoint-url", "--endpoint", metavar="URL", default=argparse.SUPPRESS)
    adding.add_argument("--region", metavar="REGION", default=argparse.SUPPRESS)
    adding.add_argument("--read-only", action="store_true", default=argparse.SUPPRESS)
    adding.add_argument("--addressing", choices=ADDRESSING, default="auto")
    adding.add_argument("--checksums", choices=CHECKSUMS, default="auto")
    adding.add_argument("--no-verify-tls", action="store_true", help="accept any certificate")
    adding.add_argument("--ca-file", metavar="FILE", help="the certificate authority of the endpoint (PEM)")
    adding.add_argument(
        "--credentials",
        metavar="SOURCE",
        default="keyring",
        help="keyring (default), aws:NAME, env, dotenv:PATH, session, anonymous",
    )
    adding.add_argument("--access-key-id", metavar="ID", help="for the keyring; asked for when it is left out")
    adding.add_argument("--bucket", metavar="NAME", action="append", default=[], help="show this bucket (repeatable)")
    removing = actions.add_parser("rm", help="remove a profile and its secret")
    removing.set_defaults(act=_remove)
    removing.add_argument("name", metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    """Do what the words say. Raises `S3tuiError`."""
    act = cast(Callable[[argparse.Namespace], int], arguments.act)
    return act(arguments)


def _list(arguments: argparse.Namespace) -> int:
    profiles = all_profiles(arguments)
    if arguments.json:
        for profile in profiles:
            emit(asdict(profile))
        return DONE
    rows = [("NAME", "ENDPOINT", "CREDENTIALS", "FROM", ""), *map(_row, profiles)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)]
        print("  ".join(cells).rstrip())
    return DONE


def _row(profile: Profile) -> tuple[str, str, str, str, str]:
    notes = (["read-only"] if profile.read_only else []) + ([profile.problem] if profile.problem else [])
    cells = (profile.name, profile.endpoint or "AWS", profile.credentials, profile.origin, "; ".join(notes))
    name, endpoint, credentials, origin, note = map(visible, cells)
    return name, endpoint, credentials, origin, note


def _test(arguments: argparse.Namespace) -> int:
    from s3tui.cli.keys import make_sure_of_keys
    from s3tui.s3.check import check

    profile = profile_of(arguments, arguments.name or arguments.profile)
    make_sure_of_keys(profile)
    code = DONE
    for step in check(profile, ask_mfa):
        if step.state == "failed":
            code = FAILED
        if arguments.json:
            emit(asdict(step))
        else:
            print(
                f"{step.state:<8}{visible(step.name)}: {visible(f'{step.detail} {step.advice}'.rstrip())}", flush=True
            )
    return code


def _add(arguments: argparse.Namespace) -> int:
    from s3tui.cli.keys import read_keys
    from s3tui.profiles import rules, store

    profile = _described(arguments)
    wrong = rules.problems(profile)
    wrong.pop("access_key_id", "")  # it is asked for
    if wrong:
        raise BadInput(" ".join(wrong.values()))
    keys = None
    if profile.credentials == "keyring":
        keys = read_keys(profile.access_key_id)
        profile = replace(profile, access_key_id=keys.access_key_id)
    store.keep(config_path(arguments), store.ProfileDraft(profile, keys))
    say(f"The profile “{profile.name}” was added to {config_path(arguments)}.")
    return DONE


def _described(arguments: argparse.Namespace) -> Profile:
    from s3tui.profiles.model import Profile

    return Profile(
        name=arguments.name,
        endpoint=arguments.endpoint_url,
        region=arguments.region,
        addressing=cast("Addressing", arguments.addressing),
        verify_tls=not arguments.no_verify_tls,
        ca_file=arguments.ca_file and str(Path(arguments.ca_file).absolute()),
        checksums=cast("Checksums", arguments.checksums),
        read_only=arguments.read_only,
        credentials=arguments.credentials,
        access_key_id=arguments.access_key_id,
        buckets=tuple(arguments.bucket),
    )


def _remove(arguments: argparse.Namespace) -> int:
    from s3tui.profiles import config, store

    path = config_path(arguments)
    profile = next((one for one in config.load(path).profiles if one.name == arguments.name), None)
    if profile is None:
        raise BadInput(
            f"There is no profile “{arguments.name}” in {path}.",
            "Profiles from AWS's files, the environment or a .env file are removed there.",
        )
    store.discard(path, profile)
    say(f"The profile “{profile.name}” was removed.")
    return DONE
