"""Servers that contradict themselves, refuse without a word, or don't know what they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.diagnosis import Diagnosis, Evidence, Verdict, report, why
from s3tui.s3.uri import S3Uri
from tests.diagnosis.stub import BUCKET, Liar, Says, fails, listing, lying, versions

Answers = dict[str, Says | list[Says]]
KEY = "a/b.iso"
DENIED = fails(403, "AccessDenied", "Access Denied", BucketName=BUCKET)
BARE = fails(403, "AccessDenied", "")
HEAD_OK = Says(200, headers={"Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT"}, length=7)
ALL_DENIED: Answers = dict.fromkeys(
    ("GetObject", "List", "Versions", "Versioning", "Uploads", "ListBuckets"), DENIED
) | {"HeadBucket": Says(403), "HeadObject": Says(403)}


class Asked(NamedTuple):
    diagnosis: Diagnosis
    requests: list[str]


class Ask:
    """Ask one lying server, which says something else each time."""

    def __init__(self, liar: Liar) -> None:
        self.liar = liar

    def __call__(self, answers: Answers, uri: S3Uri | None = None) -> Diagnosis:
        return self.and_see(answers, uri).diagnosis

    def and_see(self, answers: Answers, uri: S3Uri | None = None) -> Asked:
        self.liar.answers, self.liar.asked = answers, []
        found = why(self.liar.connection, uri or S3Uri(BUCKET, KEY))
        assert {line.split()[0] for line in self.liar.asked} <= {"GET", "HEAD"}
        return Asked(found, self.liar.asked)


@pytest.fixture(scope="module")
def server() -> Iterator[Liar]:
    with lying({}) as liar:
        yield liar


@pytest.fixture
def ask(server: Liar) -> Ask:
    return Ask(server)


def test_listed_but_404(ask: Ask) -> None:
    found = ask({"List": listing(KEY)})
    assert found.verdict is Verdict.UNRETRIEVABLE
    assert "is listed, but reading it says that it isn't there" in found.summary


def test_listed_by_versions_only_but_404(ask: Ask) -> None:
    assert ask({"Versions": versions((KEY, "v1", True))}).verdict is Verdict.UNRETRIEVABLE


def test_written_while_we_looked(ask: Ask) -> None:
    found = ask({"List": listing(KEY), "HeadObject": [Says(404), HEAD_OK]})
    assert found.verdict is Verdict.EXISTS
    assert "written while we looked" in found.summary


@pytest.mark.parametrize("answer", [fails(404, "NoSuchKey"), fails(500, "InternalError"), Says(206, "", length=7)])
def test_head_finds_it_but_its_content_does_not_come(ask: Ask, answer: Says) -> None:
    found = ask({"HeadObject": HEAD_OK, "GetObject": answer, "List": listing(KEY)})
    assert found.verdict is Verdict.UNRETRIEVABLE
    assert found.summary.startswith(f"“{KEY}” can't be retrieved: HEAD finds it")


def test_only_the_first_byte_is_read_where_ranges_are_ignored(ask: Ask) -> None:
    found = ask({"HeadObject": HEAD_OK, "GetObject": Says(200, "content"), "List": listing(KEY)})
    assert found.verdict is Verdict.EXISTS


def test_readable_but_in_no_listing(ask: Ask) -> None:
    found = ask({"HeadObject": HEAD_OK, "GetObject": Says(206, "c")})
    assert found.verdict is Verdict.EXISTS
    assert "The listing does not name it" in found.next[0]


def test_head_denies_what_get_reads(ask: Ask) -> None:
    found = ask({"GetObject": Says(206, "c"), "List": listing(KEY)})
    assert found.verdict is Verdict.EXISTS
    assert "HEAD says that it isn't there" in found.next[0]


def test_an_empty_object_has_no_first_byte(ask: Ask) -> None:
    answers = {"HeadObject": Says(403), "GetObject": fails(416, "InvalidRange"), "List": listing(KEY)}
    assert ask(dict(answers)).verdict is Verdict.EXISTS


def test_metadata_but_no_content(ask: Ask) -> None:
    head = Says(200, headers={**HEAD_OK.headers, "x-amz-server-side-encryption-aws-kms-key-id": "key-7"}, length=7)
    found = ask({"HeadObject": head, "GetObject": DENIED, "List": listing(KEY)})
    assert found.verdict is Verdict.FORBIDDEN
    assert "kms:Decrypt" in found.next[0]
    assert "key-7" in found.next[0]


def test_a_403_where_the_complete_listing_does_not_name_it_is_no_object(ask: Ask) -> None:
    found = ask({"HeadObject": Says(403), "GetObject": DENIED})
    assert found.verdict is Verdict.NEVER_EXISTED


def test_a_403_where_the_listing_goes_on_says_nothing(ask: Ask) -> None:
    unsorted = listing(f"{KEY}-other", truncated=True)
    found = ask({"HeadObject": Says(403), "GetObject": DENIED, "List": unsorted, "Versions": DENIED})
    assert found.verdict is Verdict.CANNOT_TELL


def test_everything_refused_with_reasons_is_not_blamed_on_the_credentials(ask: Ask) -> None:
    found = ask(ALL_DENIED)
    assert found.verdict is Verdict.CANNOT_TELL
    assert any("wrong ones for this endpoint" in gap.leaves_open for gap in found.unchecked)
    assert any("whether there is a bucket" in gap.leaves_open for gap in found.unchecked)


def test_everything_refused_without_a_word_is(ask: Ask) -> None:
    bare = {name: BARE if answer is DENIED else answer for name, answer in ALL_DENIED.items()}
    found, requests = ask.and_see(bare)
    assert found.verdict is Verdict.CREDENTIALS
    assert not any("versions" in gap.what for gap in found.unchecked)
    assert any("no-such-bucket" in line for line in requests)


def test_refusals_of_someone_known_are_not_blamed_on_the_credentials(ask: Ask) -> None:
    bare = {name: BARE if answer is DENIED else answer for name, answer in ALL_DENIED.items()}
    del bare["ListBuckets"]
    assert ask(bare).verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize(
    ("code", "status"), [("ExpiredToken", 400), ("InvalidAccessKeyId", 403), ("RequestTimeTooSkewed", 403)]
)
def test_what_is_wrong_with_the_credentials_is_said(ask: Ask, code: str, status: int) -> None:
    refusal = fails(status, code)
    answers = dict.fromkeys(ALL_DENIED, refusal) | {"HeadBucket": Says(status), "HeadObject": Says(status)}
    found, requests = ask.and_see(answers)
    assert found.verdict is Verdict.CREDENTIALS
    assert found.evidence[-1].request.code == code
    assert len(requests) <= 4


def test_a_signature_refused_for_one_key_only_is_not_blamed_on_the_credentials(ask: Ask) -> None:
    bad = fails(403, "SignatureDoesNotMatch")
    found = ask({"HeadObject": Says(403), "GetObject": bad, "List": listing(KEY)})
    assert found.verdict is Verdict.FORBIDDEN


def test_versions_that_are_all_old_without_a_marker(ask: Ask) -> None:
    found = ask({"Versions": versions((KEY, "v2", False), (KEY, "v1", False))})
    assert found.verdict is Verdict.NONCURRENT_ONLY
    assert "2, the newest" in found.summary


def test_a_marker_that_only_a_header_tells_of(ask: Ask) -> None:
    marked = {"x-amz-delete-marker": "true"}
    found = ask({"HeadObject": Says(404, headers=marked), "Versions": DENIED, "Versioning": DENIED})
    assert found.verdict is Verdict.DELETED
    assert any("x-amz-delete-marker" in line.finding for line in found.evidence)


def test_a_marker_asked_for_by_its_id(ask: Ask) -> None:
    answers: Answers = {
        "HeadObject": Says(405, headers={"x-amz-delete-marker": "true"}),
        "GetObject": Says(405, headers={"x-amz-delete-marker": "true"}),
        "Versions": versions((KEY, "m", True), kind="DeleteMarker"),
    }
    found = ask(answers, S3Uri(BUCKET, KEY, "m"))
    assert found.verdict is Verdict.DELETED
    assert "no older version is kept" in found.summary


def test_a_version_that_is_gone_while_the_key_is_there(ask: Ask) -> None:
    found = ask({"Versions": versions((KEY, "v2", True))}, S3Uri(BUCKET, KEY, "v1"))
    assert found.verdict is Verdict.NEAR_MISS
    assert [candidate.key for candidate in found.candidates] == [KEY]


def test_an_upload_begun_after_the_deletion_is_the_cause(ask: Ask) -> None:
    upload = f"<Upload><Key>{KEY}</Key><UploadId>u</UploadId><Initiated>2026-02-01T00:00:00.000Z</Initiated></Upload>"
    uploads = Says(200, f"<ListMultipartUploadsResult>{upload}</ListMultipartUploadsResult>")
    marker = versions((KEY, "m", True), kind="DeleteMarker")
    found = ask({"Uploads": uploads, "Versions": marker})
    assert found.verdict is Verdict.UPLOAD_UNFINISHED
    assert "Before that, it was deleted at 2026-01-02 03:04:05" in found.summary


def test_keys_of_uploads_may_come_encoded_without_saying_so(ask: Ask) -> None:
    key = "a b/ü.iso"
    upload = (
        "<Upload><Key>a+b%2F%C3%BC.iso</Key><UploadId>u</UploadId><Initiated>2026-02-01T00:00:00Z</Initiated></Upload>"
    )
    uploads = Says(200, f"<ListMultipartUploadsResult>{upload}</ListMultipartUploadsResult>")
    assert ask({"Uploads": uploads}, S3Uri(BUCKET, key)).verdict is Verdict.UPLOAD_UNFINISHED


def test_a_page_of_uploads_that_goes_on_is_not_called_all_of_them(ask: Ask) -> None:
    upload = f"<Upload><Key>{KEY}2</Key><UploadId>u</UploadId><Initiated>2026-01-02T03:04:05.000Z</Initiated></Upload>"
    page = f"<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>{upload}</ListMultipartUploadsResult>"
    found = ask({"Uploads": Says(200, page)})
    assert "the rest of the unfinished uploads" in [gap.what for gap in found.unchecked]


def test_a_server_without_versions_can_be_believed(ask: Ask) -> None:
    unknown = fails(501, "NotImplemented")
    found = ask({"Versions": unknown, "Versioning": unknown, "Uploads": unknown})
    assert found.verdict is Verdict.NEVER_EXISTED
    assert any("nothing is left of it" in gap.leaves_open for gap in found.unchecked)


def test_a_server_that_fails_is_not_believed(ask: Ask) -> None:
    broken = fails(500, "InternalError")
    found = ask(
        dict.fromkeys(("GetObject", "List", "Versions", "Versioning", "Uploads"), broken) | {"HeadObject": Says(500)}
    )
    assert found.verdict is Verdict.CANNOT_TELL
    assert "failed inside" in found.summary


def test_a_name_that_the_server_refuses_is_said_in_its_own_words(ask: Ask) -> None:
    bad = fails(400, "XMinioInvalidObjectName", "bad components")
    refused = dict.fromkeys(("GetObject", "List", "Versions", "Uploads"), bad) | {"HeadObject": Says(400)}
    found = ask(refused, S3Uri(BUCKET, "a/../b"))
    assert found.verdict is Verdict.CANNOT_TELL
    assert "bad components" in found.summary


def test_a_bucket_elsewhere_that_the_server_does_not_name(ask: Ask) -> None:
    moved = fails(301, "PermanentRedirect")
    found = ask(dict.fromkeys(ALL_DENIED, moved) | {"HeadBucket": Says(403), "HeadObject": Says(301)})
    assert found.verdict is Verdict.ELSEWHERE


def test_a_head_that_does_not_know_the_bucket_is_checked(ask: Ask) -> None:
    found = ask({"HeadBucket": Says(404), "HeadObject": HEAD_OK, "GetObject": Says(206, "c"), "List": listing(KEY)})
    assert found.verdict is Verdict.EXISTS


def test_buckets_of_almost_this_name_are_named(ask: Ask) -> None:
    names = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in ("my-bucket", "other"))
    buckets = Says(200, f"<ListAllMyBucketsResult><Buckets>{names}</Buckets></ListAllMyBucketsResult>")
    gone = fails(404, "NoSuchBucket")
    found = ask({"HeadBucket": Says(404), "List": gone, "ListBuckets": buckets}, S3Uri("my.bucket", KEY))
    assert found.verdict is Verdict.NO_BUCKET
    assert "“my-bucket”" in found.next[0]


def test_a_name_that_no_bucket_can_have(ask: Ask) -> None:
    found, requests = ask.and_see({}, S3Uri("not a bucket", KEY))
    assert found.verdict is Verdict.NO_BUCKET
    assert requests == []


def test_a_prefix_is_not_missing(ask: Ask) -> None:
    found = ask({"List": listing("a/b/c.txt")}, S3Uri(BUCKET, "a/b/"))
    assert found.verdict is Verdict.EXISTS
    assert "is a prefix" in found.summary


def test_a_signature_in_a_message_stays_out_of_the_report(ask: Ask) -> None:
    echo = fails(403, "AccessDenied", "Denied: X-Amz-Signature=abc123 X-Amz-Security-Token=tok456", BucketName=BUCKET)
    found = ask(dict.fromkeys(ALL_DENIED, echo) | {"HeadBucket": Says(403), "HeadObject": Says(403)})
    assert "abc123" not in report(found)
    assert "tok456" not in report(found)
    assert "Denied" in report(found)


def test_a_name_cannot_drive_the_terminal_from_the_report(ask: Ask) -> None:
    found = ask({}, S3Uri(BUCKET, "x\x1b]0;title\x07\u202ey"))
    assert "\x1b" not in report(found)
    assert "\u202e" not in report(found)
    assert "␛" in report(found)


def test_rows_without_their_elements_are_survived(ask: Ask) -> None:
    bare = Says(200, "<ListBucketResult><Contents><Size>1</Size></Contents><CommonPrefixes/></ListBucketResult>")
    row = f"<Version><Key>{KEY}</Key><IsLatest>false</IsLatest></Version>"
    uploads = Says(200, f"<ListMultipartUploadsResult><Upload><Key>{KEY}</Key></Upload></ListMultipartUploadsResult>")
    answers = {
        "List": bare,
        "Versions": Says(200, f"<ListVersionsResult>{row}</ListVersionsResult>"),
        "Uploads": uploads,
    }
    assert ask(dict(answers)).verdict is Verdict.NONCURRENT_ONLY


def test_cancelling_stops_before_the_next_request(ask: Ask) -> None:
    ask.liar.answers, ask.liar.asked = {}, []
    token = CancelToken()
    seen: list[Evidence] = []

    def cancel_at_the_second(line: Evidence) -> None:
        seen.append(line)
        if len(seen) == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        why(ask.liar.connection, S3Uri(BUCKET, KEY), token, cancel_at_the_second)
    assert [line.request.operation for line in seen] == ["HeadBucket", "HeadObject"]
    assert len(ask.liar.asked) == 2
