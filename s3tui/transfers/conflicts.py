"""What becomes of a file whose key is taken: skip, overwrite, overwrite if different, another name, or ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from s3tui.background import CancelToken
from s3tui.display import counted, size
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import Tell
from s3tui.transfers.checksums import is_md5
from s3tui.transfers.compare import settled_by_claims
from s3tui.transfers.drafts import Draft
from s3tui.transfers.evidence import digest, md5
from s3tui.transfers.found import Found
from s3tui.transfers.names import numbered
from s3tui.transfers.parts import Part
from s3tui.transfers.plan import Conflict, Step
from s3tui.transfers.progress import Progress
from s3tui.transfers.source import Source
from s3tui.transfers.taken import taken
from s3tui.transfers.upload import UploadRequest

_MARK = " ({})"  # `agent (2).iso` for `agent.iso`
_MOST_NAMES = 1000  # that are tried
Place = tuple[str, str]  # bucket, key


class Conflicts:
    """Decides for the drafts of one plan. What is `there` was seen when the plan was made: size and ETag by place."""

    def __init__(self, connection: Connection, made: Sequence[Draft], there: Mapping[Place, Found]) -> None:
        self._connection, self._there = connection, there
        self._names: dict[Place, str] = {}  # the free ones that were found
        # A new name must be free among these, too.
        self._used = {(draft.target.bucket, key) for draft in made if draft.request for key in _keys(draft.request)}

    def decided(
        self, clashing: Sequence[tuple[Draft, UploadRequest]], choice: Conflict, token: CancelToken, tell: Tell
    ) -> list[Step]:
        """The step for each of `clashing`, drafts with their requests whose key, or sidecar's key, is taken.

        Raises `Cancelled`, and what asking for free names raises.
        """
        if choice == "rename":
            return self._renamed(clashing, token)
        steps = []
        for number, (draft, request) in enumerate(clashing):
            token.check()
            tell("comparing", number, len(clashing))
            steps.append(self._step(draft, request, choice, token))
        return steps

    def _again(self, draft: Draft, request: UploadRequest, choice: Conflict) -> Step:
        """Somebody has chosen for one of them."""
        return self.decided([(draft, request)], choice, CancelToken(), _tell_nobody)[0]

    def _step(self, draft: Draft, request: UploadRequest, choice: Conflict, token: CancelToken) -> Step:
        make = partial(
            Step,
            source=str(draft.file.path),
            target=str(request.target),
            size=draft.size,
            decide=partial(self._again, draft, request),
        )
        why = self._why(request)
        if choice == "overwrite":
            return make("replace", why=why, request=self._replacing(request))
        if choice == "different":
            same, why = self._is_same(draft, request, token)
            return make("same", why=why) if same else make("replace", why=why, request=self._replacing(request))
        return make("skip" if choice == "skip" else "ask", why=why)

    def _replacing(self, request: UploadRequest) -> UploadRequest:
        """It replaces what was seen, and nothing else."""
        none = (0, None if request.overwrite else "")  # who may replace already, does so where nobody can look
        seen, beside = (
            self._there.get((request.target.bucket, key), none)[1] for key in (request.target.key, request.sidecar)
        )
        return replace(request, overwrite=True, replaces=seen, sidecar_replaces=beside)

    def _why(self, request: UploadRequest) -> str:
        found = self._there.get((request.target.bucket, request.target.key))
        if not found:
            return f"“{request.sidecar}” is there already."
        return f"An object of {size(found[0])} is there."

    def _is_same(self, draft: Draft, request: UploadRequest, token: CancelToken) -> tuple[bool, str]:
        """Whether the object has the file's content as far as anybody can tell, and how that is known."""
        found = self._there.get((request.target.bucket, request.target.key))
        if not found or (request.sidecar and (request.target.bucket, request.sidecar) not in self._there):
            return False, f"“{request.sidecar if found else request.target.key}” is not there."
        if found[0] != draft.size:
            return False, f"The object has {counted(found[0], 'byte')}, the file {draft.size or 0:,}."
        try:
            with Source(request.path) as source:
                return self._same_content(request.target, source, found[1], token)
        except S3tuiError as error:
            return False, f"Whether it is the same can't be told: {error.sentence}"

    def _same_content(self, target: S3Uri, source: Source, etag: str, token: CancelToken) -> tuple[bool, str]:
        # The listing has told the ETag: mostly that settles it, without a request for each key.
        if is_md5(etag):
            told = digest(md5, source.chunks(Part(1, 0, source.size), token)).hex()
            source.check_unchanged()
            if told == etag:
                return True, "Size and ETag agree."
        stored = head(self._connection, target)
        settled = settled_by_claims(self._connection, stored, source, Progress(), token)
        if settled is None:
            return False, "Whether it is the same can't be told: its checksum and ETag don't say."
        return settled[0] == "verified", settled[1]

    def _renamed(self, clashing: Sequence[tuple[Draft, UploadRequest]], token: CancelToken) -> list[Step]:
        wanted = {(request.target.bucket, key) for _, request in clashing for key in _keys(request)}
        self._name(sorted(place for place in wanted if place in self._there and place not in self._names), token)
        return [self._with_names(draft, request) for draft, request in clashing]

    def _with_names(self, draft: Draft, request: UploadRequest) -> Step:
        bucket = request.target.bucket
        target = request.target.with_key(self._names.get((bucket, request.target.key), request.target.key))
        sidecar = self._names.get((bucket, request.sidecar), request.sidecar)
        new, decide = replace(request, target=target, sidecar=sidecar), partial(self._again, draft, request)
        why, source = self._why(request), str(draft.file.path)
        if complaints := new.problems():
            return Step("refuse", source, str(target), draft.size, complaints[0], None, decide)
        return Step("rename", source, str(target), draft.size, why, new, decide)

    def _name(self, places: Sequence[Place], token: CancelToken) -> None:
        """Find free names. All are tried with one number together, so that a listing tells of many."""
        left = list(places)
        for number in range(2, _MOST_NAMES):
            if not left:
                return
            tried = {place: (place[0], numbered(place[1], number, _MARK)) for place in left}
            free = self._free([place for place in tried.values() if place not in self._used], token)
            for place, new in tried.items():
                if new in free and new not in self._used:
                    self._names[place] = new[1]
                    self._used.add(new)
            left = [place for place in left if place not in self._names]
        raise BadInput(f"No free name was found for “{left[0][1]}”.", "Choose another one.")

    def _free(self, places: Sequence[Place], token: CancelToken) -> set[Place]:
        free = set(places)
        for bucket in {bucket for bucket, _ in places}:
            seen = taken(self._connection, bucket, [key for of, key in places if of == bucket], token)
            free -= {(bucket, key) for key in seen.found}
        return free


def _tell_nobody(*_: object) -> None:
    """One of them is quickly decided."""


def _keys(request: UploadRequest) -> list[str]:
    return [key for key in (request.target.key, request.sidecar) if key]
