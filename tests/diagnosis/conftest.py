"""A moto server that checks signatures and policies, with the three people that the cases need."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from s3tui.demo import server as demo_server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection

RIGHTS = {"owner": "*", "reader": "s3:GetObject", "lister": "s3:ListBucket"}
_FREE_CALLS = 3  # moto checks nothing until the owner is made: user, policy, key


@dataclass(frozen=True)
class Guarded:
    endpoint: str
    keys: dict[str, Keys]
    made: dict[str, Connection] = field(default_factory=dict)

    def connection(self, who: str) -> Connection:
        """The one connection of `who`: making a session is slow."""
        remember(f"guarded-{who}", self.keys[who])
        profile = Profile(f"guarded-{who}", endpoint=self.endpoint, region=demo_server.REGION, credentials="session")
        return self.made.setdefault(who, Connection(profile))


@pytest.fixture(scope="session")
def guarded() -> Iterator[Guarded]:
    os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = str(_FREE_CALLS)
    try:
        server = demo_server.start()
    finally:
        del os.environ["INITIAL_NO_AUTH_ACTION_COUNT"]
    with server:
        owner = _user(_iam(server.endpoint, Keys("anyone", "anything")), "owner")
        iam = _iam(server.endpoint, owner)
        yield Guarded(server.endpoint, {"owner": owner, "reader": _user(iam, "reader"), "lister": _user(iam, "lister")})


def _iam(endpoint: str, keys: Keys) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name=demo_server.REGION,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )


def _user(iam: Any, name: str) -> Keys:
    statement = {"Effect": "Allow", "Action": RIGHTS[name], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"])
