"""`s3tui find`: the objects below a prefix, in a bucket or in all of them that fit a filter."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from s3tui import display
from s3tui.cli import output
from s3tui.cli.common import connection_of, say
from s3tui.cli.interrupts import told, uninterrupted
from s3tui.cli.main import DONE, PARTLY
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.s3 import export, filters, search, uri
from s3tui.s3.client import Connection
from s3tui.s3.columns import Row
from s3tui.s3.search import Found
from s3tui.s3.uri import S3Uri

EVERYWHERE = "s3://"  # every bucket of the profile
_LANGUAGE = "\n".join(f"  {form:<22}{meaning}" for form, meaning in search.LANGUAGE)
_HELP = f"""
words of EXPR, which must all hold (quote them for the shell: < > ! " mean something to it):
{_LANGUAGE}
A name is what follows the URI's own key. Without EXPR everything below is found.
The exit code is 3 when not everything could be looked at.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _HELP
    parser.add_argument("place", metavar="URI", help="s3://bucket/prefix, or s3:// alone for every bucket")
    parser.add_argument("words", nargs="*", metavar="EXPR", help="what must hold, such as .iso 'size>1G'")
    output.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    """Search, and return 3 when not everything could be looked at."""
    with told(output.lost(arguments)):
        return _find(arguments)


def _find(arguments: argparse.Namespace) -> int:
    wanted = filters.parse(" ".join(arguments.words))
    format = output.wanted(arguments)
    connection = connection_of(arguments)
    seen = _Seen(_places(arguments.place, connection))
    steps = seen.counted(search.search(connection, seen.places, wanted))
    with output.progress(arguments) as tell:
        if format is None:
            _print(steps, seen, tell)
        else:
            _write(steps, seen, tell, arguments, format)
    if not seen.hits and not seen.missed and format is None:
        say(f"Nothing fits, of {display.counted(seen.looked_at, 'object')}.")
    return _end(seen)


@dataclass
class _Seen:
    """How far a search has come."""

    places: Sequence[S3Uri]
    looked_at: int = 0  # rows
    hits: int = 0
    missed: dict[S3Uri, S3tuiError] = field(default_factory=dict)

    def counted(self, steps: Iterable[Found]) -> Iterator[Found]:
        """The steps, counted; raises what happened when there was nothing at all that could be looked at."""
        for found in steps:
            self.looked_at += found.looked_at
            self.hits += len(found.hits)
            if found.error:
                self.missed[found.place] = found.error
            yield found
        if self.missed and len(self.missed) == len(self.places) and not self.looked_at:
            raise next(iter(self.missed.values()))


def _places(text: str, connection: Connection) -> list[S3Uri]:
    if text == EVERYWHERE:
        return search.everywhere(connection)
    return [uri.parse(text, connection.profile.endpoint)]


def _print(steps: Iterable[Found], seen: _Seen, tell: Callable[[int], None]) -> None:
    """Lines for people."""
    for found in steps:
        with uninterrupted():
            for row in found.hits:
                print(_line(row, found.place))
        tell(seen.looked_at)


def _line(row: Row, place: S3Uri) -> str:
    when = display.when(row.modified) if row.modified else ""
    return f"{when:19}  {display.size(row.size):>10}  {visible(str(place.with_key(row.key)))}"


def _write(
    steps: Iterable[Found],
    seen: _Seen,
    tell: Callable[[int], None],
    arguments: argparse.Namespace,
    format: export.Format,
) -> None:
    """Records for programs."""
    with output.writing(arguments, format) as records:
        for found in steps:
            records.write(found.place.bucket, found.hits)
            tell(seen.looked_at)
        records.known = search.completeness(seen.places, seen.missed)


def _end(seen: _Seen) -> int:
    """Say what could not be looked at."""
    for place, error in seen.missed.items():
        say(f"s3tui: {place}: {error}")
    if seen.missed:
        say(f"s3tui: this is not all: {seen.hits:,} of {display.counted(seen.looked_at, 'object')} that could be read.")
    return PARTLY if seen.missed else DONE
