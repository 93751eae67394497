"""Each file of a bulk upload with its key and metadata filled in, and what speaks against sending it."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from s3tui.background import CancelToken
from s3tui.display import counted
from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import BadLines, Form, LocalFile, Tell
from s3tui.transfers.failures import FileChanged, LocalFailure
from s3tui.transfers.parts import Part, part_size
from s3tui.transfers.source import Source
from s3tui.transfers.template import OF_CONTENT, Template
from s3tui.transfers.upload import UploadRequest

Identity = tuple[int, int, int]  # see `Source.identity`
_SHOWN = 5  # of many complaints


@dataclass(frozen=True, slots=True)
class Draft:
    """One file. `request` is None and `why` says so where it can't be sent."""

    file: LocalFile
    target: S3Uri
    identity: Identity | None = None
    request: UploadRequest | None = None
    why: str = ""

    @property
    def size(self) -> int | None:
        """Bytes."""
        return self.identity[0] if self.identity else None


def drafts(files: Sequence[LocalFile], form: Form, now: datetime, token: CancelToken, tell: Tell) -> list[Draft]:
    """`files` in their order. `now` is the plan's time, with its zone.

    Raises `BadLines` when a line of a manifest can't be used, `BadInput` when the form can't, or two files would become
    one key, and `Cancelled`.
    """
    form.check()
    filling = _Filling(form, now, token, tell)
    made = []
    for number, file in enumerate(files):
        token.check()
        tell("looking at files", number, len(files))
        made.append(filling.draft(file))
    if bad := [f"Line {draft.file.line}: {draft.why}" for draft in made if draft.why and draft.file.line]:
        raise BadLines(bad)
    _refuse_one_key_twice(made)
    return made


def of_name(file: LocalFile) -> dict[str, str]:
    """The fields of a template that its name tells, without a look at the file."""
    return {
        "name": file.path.name,
        "stem": file.path.stem,
        "ext": file.path.suffix,
        "parent": os.path.basename(os.path.dirname(os.path.abspath(file.path))),
        "relpath": file.relpath,
    }


class _Filling:
    def __init__(self, form: Form, now: datetime, token: CancelToken, tell: Tell) -> None:
        self._form, self._token, self._tell = form, token, tell
        self._key, self._sidecar = Template(form.key), Template(form.sidecar)
        self._metadata = {name: Template(value) for name, value in form.metadata.items()}
        self._tags = {name: Template(value) for name, value in form.tags.items()}
        self._of_all = {"date": f"{now:%Y%m%d}", "timestamp": now.isoformat(timespec="seconds"), **form.fields}
        used = {name for text in form.templates for name in Template(text).fields}
        self._digests = sorted(used & OF_CONTENT)
        self._is_of_content = bool(self._digests or "size" in used)

    def draft(self, file: LocalFile) -> Draft:
        """Whatever is wrong with it is a reason not to send it."""
        target = file.at or self._form.target.with_key(self._form.target.key + file.relpath)
        if file.why:
            return Draft(file, target, why=file.why)
        try:
            with Source(file.path) as source:
                values = self._values(file, source)
                target = file.at or self._form.target.with_key(self._form.target.key + self._key.fill(values))
                identity = source.identity
            request = self._request(file, target, values, identity)
            why = _problem(request, identity[0], "" if file.at else self._form.target.key, is_made=file.at is None)
        except (BadInput, LocalFailure, FileChanged) as error:
            return Draft(file, target, why=str(error))
        return Draft(file, target, identity, None, why) if why else Draft(file, target, identity, request)

    def _values(self, file: LocalFile, source: Source) -> dict[str, str]:
        values = {"size": str(source.size), "uuid4": str(uuid.uuid4())}
        return self._of_all | of_name(file) | values | self._digested(source)

    def _digested(self, source: Source) -> dict[str, str]:
        sums = {name: hashlib.new(name, usedforsecurity=False) for name in self._digests}
        if not sums:
            return {}
        done = 0
        for chunk in source.chunks(Part(1, 0, source.size), self._token):
            self._tell(f"reading {source.path.name}", done, source.size)
            for each in sums.values():
                each.update(chunk)
            done += len(chunk)
        source.check_unchanged()
        return {name: each.hexdigest() for name, each in sums.items()}

    def _request(self, file: LocalFile, target: S3Uri, values: Mapping[str, str], identity: Identity) -> UploadRequest:
        form = self._form
        return UploadRequest(
            path=file.path.absolute(),  # it may go on in another folder
            target=target,
            content_type=form.content_type,
            storage_class=file.storage_class or form.storage_class,
            metadata=_merged({name: value.fill(values) for name, value in self._metadata.items()}, file.metadata),
            tags={name: value.fill(values) for name, value in self._tags.items()} | dict(file.tags),
            check_sums=form.check_sums,
            sidecar=target.parent.key + self._sidecar.fill(values) if form.sidecar else "",
            adopt=form.adopt,
            seen=identity,
            is_of_content=self._is_of_content,
        )


def _problem(request: UploadRequest, size: int, above: str, *, is_made: bool) -> str:
    """Why it can't be sent so, in a sentence; empty when it can. Raises `BadInput` when it is too large.

    The keys' beginning `above` was chosen as it is; the rest `is_made` by a template, or was written by somebody.
    """
    part_size(size)
    if complaints := request.problems():
        return complaints[0]
    for key in filter(None, (request.target.key, request.sidecar)):
        parts = key.removeprefix(above).split("/")
        if "." in parts or ".." in parts:
            return f"“{key}” has “.” or “..” between slashes: some servers and programs make another key of it."
        if "" in parts and is_made:
            return f"“{key}” has nothing between two slashes."
    if "/" in request.sidecar[len(request.target.parent.key) :]:
        return f"“{request.sidecar}” is not beside “{request.target.key}”: a sidecar's name has no “/”."
    return ""


def _merged(all_have: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """S3 does not tell capitals apart in names of metadata."""
    names = {name.lower() for name in own}
    return {name: value for name, value in all_have.items() if name.lower() not in names} | dict(own)


def _refuse_one_key_twice(made: Sequence[Draft]) -> None:
    places: dict[tuple[str, str], Draft] = {}
    twice: list[str] = []
    for draft in made:
        request = draft.request
        for key in filter(None, (request.target.key, request.sidecar)) if request else ():
            one = places.setdefault((draft.target.bucket, key), draft)
            if one is not draft:
                twice.append(f"{_named(one)} and {_named(draft)} would both become “{key}”.")
    if twice:
        count = f" There are {counted(len(twice), 'such pair')}." if len(twice) > _SHOWN else ""
        raise BadInput(f"{' '.join(twice[:_SHOWN])}{count}", "Nothing was sent: give each file a key of its own.")


def _named(draft: Draft) -> str:
    line = f" (line {draft.file.line})" if draft.file.line else ""
    return f"“{draft.file.path}”{line}"
