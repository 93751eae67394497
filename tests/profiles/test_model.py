"""What follows from a profile's endpoint."""

from __future__ import annotations

import pytest

from s3tui.profiles.model import Profile


@pytest.mark.parametrize(
    ("endpoint", "is_aws"),
    [
        (None, True),
        ("https://s3.eu-west-1.amazonaws.com", True),
        ("https://s3.cn-north-1.amazonaws.com.cn/", True),
        ("https://bucket.vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com:443", True),
        ("https://s3.amazonaws.com.example.org", False),
        ("https://minio.example.org/s3.amazonaws.com", False),
        ("https://notamazonaws.com", False),
    ],
)
def test_only_amazons_own_hosts_are_aws(endpoint: str | None, is_aws: bool) -> None:
    profile = Profile("p", endpoint=endpoint)
    assert profile.is_aws is is_aws
    assert profile.checksum_mode == ("when_supported" if is_aws else "when_required")
