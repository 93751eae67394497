"""Comparing a local file with the checksum files that stand beside it, before it goes up: a bad download never does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from s3tui.background import CancelToken
from s3tui.display import listed
from s3tui.errors import BadInput
from s3tui.transfers.evidence import RECORDED
from s3tui.transfers.failures import NoSum, WrongSum
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Progress
from s3tui.transfers.source import Source
from s3tui.transfers.sums_file import Promise, beside

if TYPE_CHECKING:
    from s3tui.transfers.upload import UploadRequest

# Whether the check is made where it can be, must be made, or is not wanted.
CheckSums = Literal["beside", "required", "no"]


def checked(
    request: UploadRequest, source: Source, progress: Progress, token: CancelToken
) -> tuple[UploadRequest, str]:
    """`request` with the SHA-256 in its metadata, if that is one of the sums that were compared; and which agreed, in
    words, empty when nothing was promised.

    Raises `WrongSum`, `SumsDisagree`, `NoSum`, `BadInput` (the request names another SHA-256), `LocalFailure`,
    `FileChanged` and `Cancelled`.
    """
    if request.check_sums == "no":
        return request, ""
    promised = beside(source.path)
    if not promised:
        if request.check_sums == "required":
            raise NoSum(source.path)
        return request, ""
    found = _hashed(source, {promise.algorithm for promise in promised}, progress, token)
    for promise, file in promised.items():
        if found[promise.algorithm] != promise.hex:
            raise WrongSum(source.path, file, _shown(promise.algorithm), promise.hex, found[promise.algorithm])
    names = listed([f"{_shown(promise.algorithm)} is that of “{file.name}”" for promise, file in promised.items()])
    return _recorded(request, promised), f" Its {names}."


def _recorded(request: UploadRequest, promised: Iterable[Promise]) -> UploadRequest:
    sha256 = next((promise.hex for promise in promised if promise.algorithm == "sha256"), "")
    said = next((value for name, value in request.metadata.items() if name.lower() == RECORDED), None)
    if not sha256 or (said is not None and said.lower() == sha256):
        return request
    if said is not None:
        raise BadInput(f"The metadata says the SHA-256 {said}, but that of “{request.path}” is {sha256}.")
    recorded = replace(request, metadata={**request.metadata, RECORDED: sha256})
    if complaints := recorded.problems():
        raise BadInput(f"The SHA-256 can't be recorded: {complaints[0]}", "Give it less metadata, or --no-check-sums.")
    return recorded


def _hashed(source: Source, algorithms: set[str], progress: Progress, token: CancelToken) -> dict[str, str]:
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    done = 0
    for chunk in source.chunks(Part(1, 0, source.size), token):
        progress.stage = f"checking {100 * done // source.size}%"
        for each in sums.values():
            each.update(chunk)
        done += len(chunk)
    source.check_unchanged()
    progress.stage = ""
    return {name: each.hexdigest() for name, each in sums.items()}


def _shown(algorithm: str) -> str:
    return algorithm.upper().replace("SHA", "SHA-")
