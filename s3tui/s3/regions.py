"""AWS's regions, as botocore's own tables name them. Nothing is sent."""

from __future__ import annotations

from functools import cache

DEFAULT = "us-east-1"
_OLD_NAMES = {"": DEFAULT, "US": DEFAULT, "EU": "eu-west-1"}


@cache
def aws_regions() -> tuple[str, ...]:
    """Every region of every AWS partition that has S3, sorted. Takes some 50 ms the first time."""
    from botocore.session import Session

    session = Session()
    partitions = session.get_available_partitions()
    return tuple(sorted({name for part in partitions for name in session.get_available_regions("s3", part)}))


def of_location(constraint: str | None) -> str:
    """The region that a `LocationConstraint` means: AWS leaves it empty for us-east-1 and once wrote `EU`."""
    return _OLD_NAMES.get(constraint or "", constraint or "")
