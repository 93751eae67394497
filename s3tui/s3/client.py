"""The way to one endpoint: a boto3 Session and a client per region, made once, and `Connection.call`.

Everything that is sent goes through `Connection.call`: it finds the bucket's region, logs the request, turns
failures into our typed errors, and refuses writes on a read-only connection before they leave.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from s3tui.profiles.credentials import keys_of
from s3tui.profiles.model import Profile
from s3tui.s3 import errors, page_parser
from s3tui.s3.requests import LoggedRequest, RequestLog

CONNECT_SECONDS = 5
READ_SECONDS = 20
_READS = {"GET", "HEAD"}


class Connection:
    """One profile's way to its endpoint. Thread-safe; made once per profile (see `connect`)."""

    def __init__(self, profile: Profile, mfa_code: Callable[[str], str] | None = None) -> None:
        """`mfa_code(serial)` asks the user for a code, when assuming a role needs one."""
        self.profile = profile
        self.read_only = profile.read_only
        self.log = RequestLog()
        self._mfa_code = mfa_code
        self._lock = threading.RLock()
        self._session: Any = None
        self._clients: dict[str | None, Any] = {}
        self._regions: dict[str, str] = {}  # bucket -> region, learnt from redirects

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call boto3's `operation` (`head_object`) with S3's own `parameters` and return its answer.

        Raises `errors.S3Error`.
        """
        bucket, key = str(parameters.get("Bucket", "")), str(parameters.get("Key", ""))
        name = "".join(word.capitalize() for word in operation.split("_"))
        started, at = time.perf_counter(), datetime.now(UTC)
        answer: dict[str, Any] = {}
        failure: errors.S3Error | None = None
        try:
            answer = getattr(self.client(bucket), operation)(**parameters)
        except Exception as error:
            failure = translate(error, name, bucket, key)
            raise failure from error
        finally:
            self._record(at, started, name, bucket, key, answer, failure)
        return answer

    def client(self, bucket: str = "") -> Any:
        """The boto3 client for `bucket`'s region (the profile's region when it isn't known)."""
        region = self._regions.get(bucket)
        with self._lock:
            if region not in self._clients:
                self._clients[region] = self._new_client(region)
            return self._clients[region]

    def _new_client(self, region: str | None) -> Any:
        import boto3
        from botocore.config import Config

        profile = self.profile
        kind, _, name = profile.credentials.partition(":")
        if self._session is None:
            keys = keys_of(profile)
            self._session = boto3.Session(
                profile_name=name if kind == "aws" else None,
                region_name=profile.region,
                aws_access_key_id=keys.access_key_id if keys else None,
                aws_secret_access_key=keys.secret_access_key if keys else None,
                aws_session_token=keys.session_token if keys else None,
            )
        config: Any = Config(  # type: ignore[call-arg]  # the stubs lag behind botocore
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=32,
            request_checksum_calculation=profile.checksum_mode,
            response_checksum_validation=profile.checksum_mode,
            ignore_configured_endpoint_urls=True,
            s3={"addressing_style": profile.addressing},
        )
        client = self._session.client(
            "s3",
            endpoint_url=profile.endpoint,
            region_name=region or profile.region or self._session.region_name or "us-east-1",
            verify=profile.ca_file or profile.verify_tls,
            config=config,
        )
        client.meta.events.register("before-send.s3", self._guard)
        page_parser.install(client)
        return client

    def _guard(self, request: Any, **_: Any) -> None:
        if self.read_only and request.method not in _READS:
            raise errors.ReadOnly(
                "This profile is read-only: nothing was sent.", "Press R to allow writing, if the profile does."
            )

    def _record(
        self,
        at: datetime,
        started: float,
        operation: str,
        bucket: str,
        key: str,
        answer: dict[str, Any],
        failure: errors.S3Error | None,
    ) -> None:
        metadata = answer.get("ResponseMetadata") or {}
        self.log.add(
            LoggedRequest(
                at=at,
                operation=operation,
                bucket=bucket,
                key=key,
                status=int(metadata.get("HTTPStatusCode") or (failure.request.status if failure else 0)),
                request_id=str(metadata.get("RequestId") or (failure.request.request_id if failure else "")),
                attempts=int(metadata.get("RetryAttempts") or 0) + 1,
                milliseconds=round((time.perf_counter() - started) * 1000),
                error=(failure.request.code or type(failure).__name__) if failure else "",
            )
        )


def translate(error: Exception, operation: str, bucket: str, key: str) -> errors.S3Error:
    """Any exception of boto3, botocore or urllib3 as one of ours."""
    if isinstance(error, errors.S3Error):
        return error
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return errors.from_response(operation, bucket, key, response)
    return errors.Unreachable(f"No answer: {type(error).__name__}.", request=errors.Request(operation, bucket, key))


_connections: dict[Profile, Connection] = {}
_connections_lock = threading.Lock()


def connect(profile: Profile, mfa_code: Callable[[str], str] | None = None) -> Connection:
    """The one connection of `profile` in this process. Sends nothing by itself."""
    with _connections_lock:
        if profile not in _connections:
            _connections[profile] = Connection(profile, mfa_code)
        return _connections[profile]
