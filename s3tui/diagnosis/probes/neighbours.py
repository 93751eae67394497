"""Near misses in the listing: a walk down from the root along every folder whose name may be taken for ours."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from s3tui.diagnosis.case import Case
from s3tui.diagnosis.known import is_gone, may_be_missing
from s3tui.diagnosis.probes.listing import ListingFound, names
from s3tui.diagnosis.probes.versions import VersionsFound
from s3tui.diagnosis.spelling import difference, extension, fold
from s3tui.display import counted

PAGE_SIZE = 1000
PAGES_PER_FOLDER = 10
FOLDERS = 16


@dataclass(frozen=True, slots=True)
class NeighboursFound:
    """`complete`: every name that could be taken for ours was seen."""

    complete: bool


def look(case: Case) -> None:
    """Learn `NeighboursFound`; suggest keys and prefixes."""
    listing, versions = case.know(ListingFound), case.know(VersionsFound)
    if not may_be_missing(case) or not is_gone(case) or not listing or not listing.readable:
        return
    if versions and versions.kept:
        return
    case.learn(NeighboursFound(_walk(case, fold(case.uri.key))))


def _walk(case: Case, target: str) -> bool:
    # The folder of the key as it was written comes first: it is the likeliest.
    start = case.uri.parent.key
    waiting, seen, complete = deque(dict.fromkeys([start, ""])), {start, ""}, True
    for _ in range(FOLDERS):
        if not waiting:
            return complete
        folders, whole = _compare(case, waiting.popleft(), target)
        complete = complete and whole
        waiting += (folder for folder in folders if folder not in seen)
        seen.update(folders)
    if waiting:
        case.leave_open(
            f"{counted(len(waiting), 'more folder')} of almost this name", "whether a near miss is in there"
        )
    return complete and not waiting


def _compare(case: Case, folder: str, target: str) -> tuple[list[str], bool]:
    """Suggest what in `folder` may be meant; return the folders to go on with, and whether all was seen."""
    parameters = {"Bucket": case.uri.bucket, "Prefix": folder, "Delimiter": "/", "MaxKeys": PAGE_SIZE}
    folders: list[str] = []
    compared, before = 0, len(case.candidates)
    for _ in range(PAGES_PER_FOLDER):
        answer = case.ask("list_objects_v2", **parameters)
        keys = names(answer, "Contents", "Key")
        prefixes = names(answer, "CommonPrefixes", "Prefix")
        compared += len(keys) + len(prefixes)
        for key in keys:
            _suggest(case, key)
        folders += _leading(case, prefixes, target)
        token = answer.data.get("NextContinuationToken") if answer.data.get("IsTruncated") else None
        if not token or token == parameters.get("ContinuationToken"):
            break
        parameters["ContinuationToken"] = token
    whole = answer.ok and not answer.data.get("IsTruncated")
    found = len(case.candidates) - before
    where = f"“{folder}”" if folder else "the bucket's root"
    says = counted(found, "of them is a near miss", "of them are near misses") if found else "none is a near miss"
    case.show(answer, f"Compared {counted(compared, 'name')} in {where}: {says}.")
    if not whole:
        case.leave_open(f"the rest of {where} (compared {compared:,} names)", "whether a near miss is among them")
    return folders, whole


def _suggest(case: Case, key: str) -> None:
    if why := difference(case.uri.key, key) or extension(case.uri.key, key):
        case.suggest(key, why)


def _leading(case: Case, prefixes: list[str], target: str) -> list[str]:
    """Prefixes that lead on towards the target; one that is the target itself is suggested."""
    leading = []
    for prefix in prefixes:
        folded = fold(prefix)
        if folded == target:
            case.suggest(prefix, "it is a prefix (a folder) with objects below it, not an object")
        elif not folded or target.startswith(f"{folded}/"):
            leading.append(prefix)
    return leading
