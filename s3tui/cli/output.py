"""Where a list goes that a command reads: for people on the terminal, or as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3tui import display
from s3tui.cli import stdout
from s3tui.cli.interrupts import uninterrupted
from s3tui.errors import BadInput
from s3tui.new_file import NotWritten, new_file
from s3tui.s3 import export
from s3tui.s3.columns import Columns
from s3tui.s3.listing import MORE, Completeness

_OFTEN = 0.2  # s between two tellings how far it is
_INTERRUPTED = Completeness("stopped", "cancelled")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that say in which form a list is wanted, and where."""
    parser.add_argument("--json", action="store_true", help="print one JSON object a line, as --format jsonl")
    parser.add_argument("--format", choices=export.FORMATS, help="write CSV, JSON Lines or Parquet")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE; its ending can say the format")
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it exists")


def wanted(arguments: argparse.Namespace) -> export.Format | None:
    """The form that the options of `configure` ask for; None: lines for people. Raises `BadInput`."""
    format: export.Format | None = arguments.format
    if arguments.json:
        if format not in (None, "jsonl"):
            raise BadInput(f"--json and --format {format} exclude each other.")
        format = "jsonl"
    if arguments.output:
        return format or export.format_of(arguments.output)
    if format == "parquet" and sys.stdout.isatty():
        raise BadInput("Parquet is nothing to look at.", "Write it to a file: -o FILE")
    return format


@dataclass
class Records:
    """A list on its way out. Ctrl-C cuts no record in two."""

    writer: export.Writer[Any]
    known: Completeness = MORE  # what is said at the end; to be set when the list has been read

    def write(self, bucket: str, columns: Columns) -> None:
        """Write all rows of `columns`. Raises `OSError`."""
        with uninterrupted():
            self.writer.write(bucket, columns)

    def end(self) -> None:
        """Write the end. Raises `OSError`."""
        with uninterrupted():
            self.writer.close(self.known)
            self.writer.out.flush()


@contextmanager
def writing(arguments: argparse.Namespace, format: export.Format) -> Iterator[Records]:
    """Records to the file that was asked for, or to stdout, and their end. The file is there only after this ended
    well; on stdout they end as stopped on Ctrl-C.

    Raises `BadInput` when the file is there already or Parquet can't be written, and `NotWritten`.
    """
    if arguments.output:
        with new_file(Path(arguments.output), arguments.overwrite) as file:
            records = Records(export.writer(format, file))
            yield records
            records.end()
        return
    try:
        sys.stdout.flush()
        records = Records(export.writer(format, sys.stdout.buffer))
        try:
            yield records
        except KeyboardInterrupt:
            records.known = _INTERRUPTED
            try:
                records.end()
            except OSError:  # Ctrl-C has ended the reader, too
                stdout.drop()
            raise
        records.end()
    except BrokenPipeError:
        raise
    except OSError as error:
        stdout.drop()
        raise NotWritten(f"The output can't be written: {error.strerror}.") from error


def lost(arguments: argparse.Namespace) -> str:
    """What Ctrl-C leaves undone."""
    return f"“{arguments.output}” was not written" if arguments.output else "the list is not complete"


@contextmanager
def progress(arguments: argparse.Namespace) -> Iterator[Callable[[int], None]]:
    """Call what it gives with the number of rows so far: it is shown on stderr, if that is a terminal and nothing
    else is written there."""
    seen = sys.stderr.isatty() and (arguments.output or not sys.stdout.isatty())
    began = told = time.monotonic()

    def tell(rows: int) -> None:
        nonlocal told
        now = time.monotonic()
        if seen and now - told >= _OFTEN:
            told = now
            text = f"{display.counted(rows, 'row')}, {rows / (now - began):,.0f} a second"
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if told != began:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
