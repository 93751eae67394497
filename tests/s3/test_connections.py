"""The connections of this process."""

from __future__ import annotations

from dataclasses import replace

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.connections import connect, connected, forget, use


def test_connections_are_shared_until_forgotten(profile: Profile) -> None:
    first = connect(profile)
    assert connect(profile) is first
    forget(profile.name)
    assert connect(profile) is not first
    first.call("list_buckets")


def test_of_two_endpoints_under_one_name_the_one_asked_for_last_counts(profile: Profile) -> None:
    one, other = (replace(profile, name="twice", endpoint=f"http://{host}.example") for host in "ab")
    first, second = connect(one), connect(other)
    assert connected("twice", "") is second
    assert connect(one) is first and connected("twice", "") is first
    lent = Connection(other)
    use(lent)
    assert connected("twice", "") is lent
    forget("twice")
    assert connected("twice", "") is None


def test_one_that_leads_to_another_endpoint_is_none(profile: Profile) -> None:
    one, other, aws = (
        replace(profile, name="moved", endpoint=url) for url in ("http://a.example", "http://b.example", None)
    )
    first = connect(one)
    assert connect(aws) is connected("moved", None)
    assert connected("moved", one.endpoint) is first
    assert connected("moved", other.endpoint) is None
    forget("moved")
    assert connected("moved", one.endpoint) is None
