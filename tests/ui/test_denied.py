"""A user who may not list buckets still gets where they may go."""

from __future__ import annotations

from dataclasses import replace

from tests.s3.stub_server import Answer, Asked, stub
from tests.ui.browsing import browsing, shown
from tests.ui.waiting import settle

DENIED = b"<Error><Code>AccessDenied</Code></Error>"
PAGE = b"""<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>shared</Name>
<Prefix>in/</Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents>
<Key>in/report.pdf</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"900150983cd24fb0d6963f7d28e17f72"</ETag>
<Size>3</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>"""


def only_one_prefix(asked: Asked) -> Answer:
    """A server on which one prefix of one bucket may be listed, and nothing else."""
    if asked.path.startswith("/shared") and "prefix=in%2F" in asked.path:
        return Answer(200, PAGE)
    return Answer(403, DENIED)


async def test_a_target_opens_although_buckets_cannot_be_listed() -> None:
    with stub(only_one_prefix) as server:
        async with browsing(server.profile, "s3://shared/in/") as (pilot, browser):
            assert "report.pdf" in shown(pilot)
            assert "complete" in shown(pilot)
            assert [str(node.data) for node in browser.bucket_tree.root.children][-1] == "s3://shared/"


async def test_going_to_a_place_works_although_buckets_cannot_be_listed() -> None:
    with stub(only_one_prefix) as server:
        async with browsing(server.profile) as (pilot, _):
            assert "You may not list the buckets" in shown(pilot)
            await pilot.press("ctrl+g", *"shared/in/", "enter")
            await settle(pilot)
            assert "report.pdf" in shown(pilot)
            await pilot.press("ctrl+g", "ctrl+a", "ctrl+k", *"shared/", "enter")
            await settle(pilot)
            assert "You may not list s3://shared/" in shown(pilot)


async def test_a_profile_can_name_its_buckets() -> None:
    with stub(only_one_prefix) as server:
        async with browsing(replace(server.profile, buckets=("shared",))) as (_, browser):
            assert [str(node.data) for node in browser.bucket_tree.root.children] == ["s3://shared/"]


async def test_a_listing_that_stops_says_so_once_and_keeps_what_came() -> None:
    def then_refused(asked: Asked) -> Answer:
        if "continuation-token" in asked.path:
            return Answer(403, DENIED)
        more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        return Answer(200, PAGE.replace(b"<IsTruncated>false</IsTruncated>", more))

    with stub(then_refused) as server:
        async with browsing(server.profile, "s3://shared/in/") as (pilot, browser):
            status = str(browser.objects.query_one("#status").content)  # type: ignore[attr-defined]
            assert status.count("You may not") == 1
            assert status.startswith("1 object · 3 B · incomplete: ")
            assert status.endswith(" r tries again.")
            assert "report.pdf" in shown(pilot)
