"""The `s3tui` command: finds the sub-command and imports only what it needs."""

from __future__ import annotations

import argparse
import errno
import importlib
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from s3tui import __version__
from s3tui.cli import stdout
from s3tui.display import visible, visible_lines
from s3tui.errors import BadInput, S3tuiError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

DONE, FAILED, USAGE, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_EXIT_CODES = (
    "exit code: 0 done, 1 failed, 2 wrong usage, 3 done in part (some items failed, or the answer is incomplete),",
    "130 ended by Ctrl-C",
)
# name -> (module with `configure(parser)` and `run(arguments) -> exit code`, one line of help)
COMMANDS = {
    "ls": ("s3tui.cli.ls", "list buckets, prefixes and objects"),
    "find": ("s3tui.cli.find", "find objects below a prefix, in a bucket or in all buckets"),
    "du": ("s3tui.cli.du", "how much a bucket or prefix holds, versions and unfinished uploads included"),
    "stat": ("s3tui.cli.stat", "everything the server says about an object or a bucket"),
    "put": ("s3tui.cli.put", "upload files"),
    "get": ("s3tui.cli.get", "download an object"),
    "restore": ("s3tui.cli.restore", "ask for a readable copy of an archived object"),
    "transfers": ("s3tui.cli.transfers", "list, resume, retry and cancel what earlier runs have left"),
    "verify": ("s3tui.cli.verify", "compare objects with files, or with what the server tells of them"),
    "rm": ("s3tui.cli.rm", "delete objects, versions and prefixes"),
    "cp": ("s3tui.cli.cp", "copy objects and prefixes"),
    "mv": ("s3tui.cli.mv", "move or rename objects and prefixes"),
    "sync": ("s3tui.cli.sync", "make a prefix like a folder, a folder like a prefix, or a prefix like another"),
    "meta": ("s3tui.cli.meta", "change an object's metadata"),
    "bucket": ("s3tui.cli.bucket", "read and write a bucket's lifecycle and CORS"),
    "uploads": ("s3tui.cli.uploads", "list and abort unfinished multipart uploads"),
    "why": ("s3tui.cli.why", "say why an object is missing"),
    "profile": ("s3tui.cli.profile", "list, test, add and remove profiles"),
    "demo": ("s3tui.cli.demo", "start a server with sample data and browse it"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 failed, 2 wrong usage, 3 done in part, 130 Ctrl-C."""
    stdout.prepare()
    try:
        run, arguments = _understood(list(sys.argv[1:] if argv is None else argv))
        code = int(run(arguments))
        sys.stdout.flush()
        return code
    except S3tuiError as error:
        print(f"s3tui: {visible(str(error))}", file=sys.stderr)
        return USAGE if isinstance(error, BadInput) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        stdout.drop()
        return FAILED
    except Exception as error:  # Python would print what the fault quotes as it is
        if isinstance(error, OSError) and error.errno in _NO_ROOM and not error.filename:
            stdout.drop()
            print("s3tui: What is printed can't be written: there is no room left.", file=sys.stderr)
            return FAILED
        print(f"{visible_lines(traceback.format_exc())}s3tui: this is a fault in s3tui.", file=sys.stderr)
        return FAILED


def _understood(words: list[str]) -> tuple[Callable[[argparse.Namespace], int], argparse.Namespace]:
    """What is to be done. It imports the command, which takes long enough for a Ctrl-C."""
    common = common_options()
    at = _first_positional(common, words)
    name = words[at] if at < len(words) else ""
    module = importlib.import_module(COMMANDS[name][0] if name in COMMANDS else "s3tui.cli.browse")
    if name in COMMANDS:
        del words[at]
        parser = _Parser(prog=f"s3tui {name}", description=COMMANDS[name][1], parents=[common])
    else:
        parser = _Parser(
            prog="s3tui",
            parents=[common],
            description="A terminal workbench for S3.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=_commands_help(),
        )
        parser.add_argument("--version", action="version", version=f"s3tui {__version__}")
    module.configure(parser)
    _let_follow(parser)
    return module.run, _parsed(parser, words)


class _Parser(argparse.ArgumentParser):
    """Its complaints quote what was typed, or what a script passed on."""

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        super()._print_message(visible_lines(message), file)


def _first_positional(common: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Where the command stands, if there is one: the first word that is no option and no option's value."""
    takes_value = {option for action in common._actions if action.nargs is None for option in action.option_strings}
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in takes_value else 1
    return at


def _parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Options may stand between positional arguments, but for commands with sub-commands, which argparse can't."""
    try:
        return parser.parse_intermixed_args(words)
    except TypeError:
        return parser.parse_args(words)


def common_options() -> argparse.ArgumentParser:
    """The options that every command takes: whom to talk to."""
    common = argparse.ArgumentParser(add_help=False)
    whom = common.add_argument_group("whom to talk to")
    whom.add_argument("--profile", metavar="NAME", help="a profile of s3tui or of AWS (default: AWS's own chain)")
    whom.add_argument("--endpoint-url", metavar="URL", help="the endpoint, instead of the profile's")
    whom.add_argument("--region", metavar="REGION", help="the region, instead of the profile's")
    whom.add_argument("--read-only", action="store_true", help="refuse every request that could change something")
    whom.add_argument("--env-file", metavar="FILE", help="a .env file to read a profile from, instead of ./.env")
    whom.add_argument("--config", metavar="FILE", help="read this config file instead of the usual one")
    return common


def _let_follow(parser: argparse.ArgumentParser) -> None:
    """Let the common options stand behind a sub-command, too, but for those that it has itself. One that isn't there
    keeps what was said before the sub-command."""
    subparsers = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for subparser in (each for action in subparsers for each in action.choices.values()):
        for option in common_options()._actions:
            if not set(option.option_strings) & set(subparser._option_string_actions):
                option.default = argparse.SUPPRESS
                subparser._add_action(option)


def _commands_help() -> str:
    lines = [f"  {name:<10}{text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(["commands (s3tui COMMAND --help for each):", *lines, "", *_EXIT_CODES])
