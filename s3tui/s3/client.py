"""The way to one endpoint: a boto3 Session and a client per region, made once, and `Connection.call`.

Everything that is sent goes through a `Connection`: it finds the bucket's region, logs the request, turns
failures into our typed errors, and refuses writes on a read-only connection before they leave.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from s3tui.background import Cancelled
from s3tui.profiles.model import Profile
from s3tui.s3 import direct, errors, page_parser, quick, session
from s3tui.s3.body import Body
from s3tui.s3.calls import Logged, Probe, Sending, logged
from s3tui.s3.failures import translate
from s3tui.s3.requests import RequestLog
from s3tui.s3.signature import Keys
from s3tui.s3.underway import Underway

T = TypeVar("T")

_READS = {"GET", "HEAD"}
_NO_KEY = "-"  # stands for the key while a probe of a bucket is built


class Connection:
    """One profile's way to its endpoint. Thread-safe; made once per profile (see `connections`)."""

    def __init__(self, profile: Profile, mfa_code: Callable[[str], str] | None = None) -> None:
        """`mfa_code(serial)` asks the user for a code, when assuming a role needs one."""
        self.profile = profile
        self.log = RequestLog()
        self.mfa_code = mfa_code
        self.clock_ahead: timedelta | None = None  # the endpoint's clock minus ours; None before any answer
        self.supported: set[tuple[str, str]] = set()  # (bucket, sub-resource), see `capabilities`
        self.renewals = 0  # grows when session and keys were forgotten
        self._read_only = profile.read_only
        self._hearing: list[Callable[[bool], object]] = []
        self._lock = threading.RLock()
        self._session: Any = None
        self._clients: dict[str | None, Any] = {}
        self._regions: dict[str, str] = {}  # bucket -> region, learnt from redirects
        self._roads = quick.Roads()
        self.directs = direct.Directs()
        self._here = threading.local()

    @property
    def read_only(self) -> bool:
        """Whether every request but GET and HEAD is refused. Can't be turned off if the profile says so."""
        return self._read_only

    @read_only.setter
    def read_only(self, value: bool) -> None:
        self._read_only = value or self.profile.read_only
        for heard in list(self._hearing):
            heard(self._read_only)

    def on_read_only(self, heard: Callable[[bool], object]) -> Callable[[], None]:
        """Tell `heard` whenever `read_only` is set, until what is returned is called."""
        self._hearing.append(heard)
        return lambda: self._hearing.remove(heard)

    @property
    def attempts(self) -> int:
        """How often this thread's last call was sent."""
        return self._sending.attempts

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call boto3's `operation` (`head_object`) with S3's own `parameters` and return its answer.

        A `Body` in the answer is a `body.Body`. Raises `errors.S3Error`, and what reading the profile's secret
        raises (`S3tuiError`).
        """
        return self._call(
            logged(operation, parameters), parameters, lambda client: getattr(client, operation)(**parameters)
        )

    def quickly(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """As `call`, with a tenth of the computing, for an `operation` on an object that comes by the thousand: one
        of `quick.OPERATIONS`. Each `Body` is bytes, or a `line.Sendable` that boto3 can read as well.

        What fails in any way is sent once more by boto3, so it costs more than `call` where failing is usual.
        """
        return Underway(self, operation, parameters).finish()

    def begin(self, operation: str, **parameters: Any) -> Underway:
        """As `quickly`, without waiting for the answer; each `Body` is bytes. Raises what `call` raises."""
        underway = Underway(self, operation, parameters)
        underway.send()
        return underway

    def keys(self) -> Keys | None:
        """What the next request would be signed with, if it is signed and that is known. Blocks when credentials are
        refreshed; raises what that raises."""
        session_ = self._session  # another thread may `close`
        found = session_.get_credentials() if session_ and self.profile.credentials != "anonymous" else None
        keys = found.get_frozen_credentials() if found else None
        return keys and (keys.access_key, keys.secret_key, keys.token)

    def _learn_road(self, logged: Logged) -> None:
        if logged.key and not self._roads.knows(logged.bucket):
            way = self.way(logged.bucket, 0)
            self._roads.learn(logged.bucket, quick.road(way, logged.key) if way else None)

    def _call(
        self, logged: Logged, parameters: dict[str, Any], send: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        once = not isinstance(parameters.get("Body", b""), (bytes, str))  # a stream can't be sent twice
        try:
            answer = self._ask(logged, send, once)
        except errors.NoSuchKey:
            self._learn_road(logged)
            raise
        self._learn_road(logged)
        return self._with_body(logged, answer)

    def _answer(self, logged: Logged, started: quick.Started) -> dict[str, Any] | None:
        """The answer to what was sent without boto3; None when boto3 has to ask again. Raises as `call`."""
        self._here.sending = Sending(attempts=1)
        try:
            answer = started.told()
        except Exception as error:
            self._record(logged, {}, error)
            raise
        if answer is None:
            return None
        told = answer["ResponseMetadata"]
        self.log.add(logged.ended(told["HTTPStatusCode"], told["RequestId"], 1))
        return self._with_body(logged, answer)

    def _with_body(self, logged: Logged, answer: dict[str, Any]) -> dict[str, Any]:
        if "Body" in answer and hasattr(answer["Body"], "read"):
            answer["Body"] = Body(answer["Body"], lambda error: self._translated(error, logged))
        return answer

    def probe(self, method: str, bucket: str, key: str, query: str, limit: int = 16384) -> Probe:
        """A signed GET or HEAD of `key` (the bucket itself when it is empty) with a raw `query`, such as
        `lifecycle`: at most `limit` bytes of the body are read, whatever the endpoint sends.

        An answer of any status is returned, not raised. Raises `errors.S3Error` when there is none, and
        `errors.WrongRegion`.
        """
        if method not in _READS:
            raise ValueError(f"a probe reads: {method}")

        def send(client: Any) -> dict[str, Any]:
            self._sending.probe = (method, key, query)
            return self._probe_once(client, bucket, key or _NO_KEY, limit)

        answer = self._ask(Logged(f"{method} ?{query}", bucket, key), send)
        metadata = answer["ResponseMetadata"]
        headers = {name.lower(): str(value) for name, value in (metadata.get("HTTPHeaders") or {}).items()}
        return Probe(int(metadata.get("HTTPStatusCode") or 0), headers, answer["Start"])

    def _probe_once(self, client: Any, bucket: str, key: str, limit: int) -> dict[str, Any]:
        """GetObject is the one operation whose answer boto3 does not read by itself."""
        from botocore.exceptions import ClientError

        try:
            answer: dict[str, Any] = client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            refusal = error.operation_name == "GetObject"
            if not refusal or isinstance(
                errors.from_response("", bucket, "", dict(error.response)), errors.WrongRegion
            ):
                raise
            return {**error.response, "Start": self._sending.refusal[:limit]}
        stream = answer.pop("Body")
        try:
            answer["Start"] = stream.read(limit)
        finally:
            stream.close()
        return answer

    def client(self, bucket: str = "") -> Any:
        """The boto3 client for `bucket`'s region (the profile's region when it isn't known)."""
        if known := self._clients.get(self._regions.get(bucket) or self._regions.get("")):
            return known
        with self._lock:
            region = self._regions.get(bucket) or self._regions.get("")
            if region not in self._clients:
                client = session.new_client(self._opened(), self.profile, region)
                self._hook(client.meta.events)
                page_parser.install(client)
                self._clients[region] = client
            return self._clients[region]

    def _opened(self) -> Any:
        """The session, made if there is none. Holding the lock."""
        if self._session is None:
            self._session = self._new_session()
        return self._session

    def _new_session(self) -> Any:
        return session.new_session(self.profile, self.mfa_code)

    def credentials(self) -> Any:
        """What botocore signs with, None where nothing is signed. Blocks as making a session does, and raises what
        that raises."""
        if self.profile.credentials == "anonymous":
            return None
        with self._lock:  # another thread may `close`
            session_ = self._opened()
        return session_.get_credentials()

    def way(self, bucket: str, streams: int) -> direct.Way | None:
        """How this thread's last request, which was a GET of `bucket`, was sent, for up to `streams` more at the
        same time. None when it can't be repeated without botocore: it was not signed by Signature Version 4 for S3
        (S3 Express has another), or its bucket is an ARN.

        Blocks when credentials are refreshed; raises what that raises.
        """
        from botocore.httpsession import get_cert_path
        from botocore.utils import get_environ_proxies

        scope = direct.scope_of(self._sending.authorization)
        unsigned = self.profile.credentials == "anonymous"
        if not unsigned and (scope is None or scope[1] != "s3"):
            return None
        client, keys = self.client(bucket), self.keys()
        if bucket.startswith("arn:") or not (keys or unsigned):
            return None
        http = client._endpoint.http_session  # the one place where all that decides about TLS has come together
        parts = urlsplit(self._sending.url)
        url = urlunsplit(parts._replace(query=""))
        return direct.Way(
            url=url,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            region=scope[0] if scope else "",
            service=scope[1] if scope else "",
            keys=keys,
            authorities=get_cert_path(http._verify) or "",
            proxies=get_environ_proxies(url),
            timeouts=(session.CONNECT_SECONDS, session.READ_SECONDS),
            streams=streams,
        )

    @property
    def regions(self) -> dict[str, str]:
        """Of the buckets that aren't where the profile says."""
        with self._lock:
            return dict(self._regions)

    def remember_region(self, bucket: str, region: str) -> None:
        """Send what is for `bucket` to `region` from now on."""
        with self._lock:
            self._regions[bucket] = region
        self._forget_ways()

    def close(self) -> None:
        """Close idle sockets and forget session, clients and credentials; the next call makes new ones."""
        with self._lock:
            clients, self._clients, self._session = self._clients, {}, None
            self.renewals += 1
        self._forget_ways()
        for client in clients.values():
            client.close()

    def _forget_ways(self) -> None:
        """Regions or keys have changed."""
        self._roads.forget()
        self.directs.forget()

    @property
    def _sending(self) -> Sending:
        if not hasattr(self._here, "sending"):
            self._here.sending = Sending()
        sending: Sending = self._here.sending
        return sending

    def _hook(self, events: Any) -> None:
        events.register_first("before-send.s3", self._before_send)
        events.register("before-call.s3.GetObject", self._shape_probe)
        events.register_first("before-parse.s3.GetObject", self._keep_refusal)
        events.register("response-received.s3", self._read_clock)

    def _before_send(self, request: Any, **_: Any) -> None:
        """Read-only is enforced here, below everything that could build a request (DESIGN 3.4)."""
        if request.method not in _READS:
            self._refuse_if_read_only()
        sending = self._sending
        sending.attempts += 1
        sending.url = request.url
        signed = request.headers.get("Authorization", "")
        sending.authorization = signed.decode() if isinstance(signed, bytes) else signed

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise errors.ReadOnly(
                "This connection is read-only: nothing was sent.",
                "It was made so by the profile, by --read-only or by R.",
            )

    def _shape_probe(self, params: dict[str, Any], **_: Any) -> None:
        if self._sending.probe is None:
            return
        method, key, query = self._sending.probe
        parts = urlsplit(params["url"])
        path = parts.path if key else parts.path.removesuffix(f"/{_NO_KEY}") or "/"
        params["url"] = urlunsplit(parts._replace(path=path, query=query))
        params["method"] = method

    def _keep_refusal(self, response_dict: dict[str, Any], **_: Any) -> None:
        if self._sending.probe is not None and response_dict["status_code"] >= 300:
            self._sending.refusal = bytes(response_dict["body"])

    def _read_clock(self, response_dict: dict[str, Any] | None, **_: Any) -> None:
        said = (response_dict or {}).get("headers", {}).get("date")
        if not said:
            return
        try:
            self.clock_ahead = parsedate_to_datetime(said).astimezone(UTC) - datetime.now(UTC)
        except ValueError:
            self.clock_ahead = None

    def _ask(self, logged: Logged, send: Callable[[Any], dict[str, Any]], once: bool = False) -> dict[str, Any]:
        """Send, follow one redirect to another region, log. `once`: it can't be sent a second time."""
        self._here.sending = Sending()
        answer: dict[str, Any] = {}
        failure: Exception | None = None
        try:
            try:
                answer = self._send(logged, send)
            except errors.WrongRegion as moved:
                if once or not self._moved(logged.bucket, moved.region):
                    raise
                answer = self._send(logged, send)
            return answer
        except Exception as error:
            failure = error
            raise
        finally:
            self._record(logged, answer, failure)

    def _send(self, logged: Logged, send: Callable[[Any], T]) -> T:
        try:
            return send(self.client(logged.bucket))
        except Exception as error:
            self._fail(error, logged)

    def _fail(self, error: Exception, logged: Logged) -> NoReturn:
        failure = self._translated(error, logged)
        if isinstance(failure, (errors.BadCredentials, Cancelled)):
            self.close()  # next time ask for credentials, or the MFA code, anew
        if failure is error:
            raise error
        raise failure from error

    def _translated(self, error: Exception, logged: Logged) -> Exception:
        kind, _, name = self.profile.credentials.partition(":")
        return translate(error, logged.request, name if kind == "aws" else "") or error

    def _moved(self, bucket: str, region: str) -> bool:
        """Learn where `bucket` is. False when that is where we already asked."""
        with self._lock:
            if not region or self._regions.get(bucket) == region:
                return False
            self._regions[bucket] = region
        self._forget_ways()
        return True

    def _record(self, logged: Logged, answer: dict[str, Any], failure: Exception | None) -> None:
        self.log.add(logged.told(answer, failure, self._sending.attempts))
