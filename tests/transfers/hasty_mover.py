"""A mover with the smallest parts that S3 takes, and no patience."""

from __future__ import annotations

from s3tui.transfers import completing, mover, multipart, parts, ranges


def main() -> None:
    parts.PART_SIZE = 5 << 20
    multipart.PART_PAUSES = completing.SETTLE_PAUSES = ranges.PAUSES = (0.01, 0.01)
    mover.main()
