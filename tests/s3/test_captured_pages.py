"""Pages of real servers (see `captured`): read by us, and the same as botocore reads them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from s3tui.s3 import page_parser
from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER
from tests.s3.captured.capture import FOLDER
from tests.s3.page_samples import botocore_answer, botocore_rows, replaced

PAGES = sorted(FOLDER.glob("*.xml"))
# Sends the key of a folder's object before that of the folder's sub-folder, whatever their order.
UNSORTED = {"seaweedfs.objects.xml", "seaweedfs.owners.xml"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_of_a_server_is_plain_and_read_as_botocore_reads_it(path: Path) -> None:
    body = path.read_bytes()
    page, answer = page_parser.parse_page(body), botocore_answer(body)
    assert Counter(replaced(page.columns)) == Counter(botocore_rows(body))
    assert page.truncated == answer["IsTruncated"]
    assert page.following == page_parser.following_of(answer)
    assert bool(page.following) == page.truncated
    assert page.columns.in_order == (path.name not in UNSORTED)


@pytest.mark.parametrize("server", ["ceph", "minio", "moto", "seaweedfs"])
def test_the_kinds_of_versions(server: str) -> None:
    columns = page_parser.parse_page((FOLDER / f"{server}.versions.xml").read_bytes()).columns
    kinds = {
        key: [columns.kind(row) for row in range(len(columns)) if columns.key(row) == key]
        for key in ("plain.txt", "new & old")
    }
    assert kinds["new & old"] == [DELETED, NONCURRENT]
    assert kinds["plain.txt"][0] == OBJECT
    assert sorted(kinds["plain.txt"][1:]) == [NONCURRENT, NONCURRENT, NONCURRENT, OLD_MARKER]
