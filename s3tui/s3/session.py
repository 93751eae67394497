"""The boto3 Session and client of a profile: what AWS's own files and variables may say, and what they may not.

A profile with credentials of its own never reads AWS's files, its region or `AWS_PROFILE`; one that names AWS's
(`aws:NAME`, `env`) leaves them to botocore. `AWS_ENDPOINT_URL` is heard for neither: the profile's endpoint is
passed explicitly, and no endpoint means AWS.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from copy import copy
from functools import cache
from typing import Any, Literal

from s3tui.profiles.credentials import keys_of
from s3tui.profiles.model import Profile
from s3tui.s3 import errors, regions

CONNECT_SECONDS = 5
READ_SECONDS = 20
ATTEMPTS = 3
AGAIN_SECONDS = 0.1  # times 2 for each try before: at most that much after a refusal that may pass
_PROMPT = "Enter MFA code for "
_UNSET = (None, None, None, None)
_loading = threading.RLock()


def new_session(profile: Profile, mfa_code: Callable[[str], str] | None, lent: Any = None) -> Any:
    """A boto3 Session for `profile`. Blocks on the keyring; raises `errors.BadCredentials` without keys.

    With botocore's credentials `lent`, these are used, and nobody is asked.
    """
    import boto3

    with _loading:
        pass  # two threads at once would take twice as long
    core = _core_session(profile)
    loader = _loader(core.get_config_variable("data_path"))
    core.register_component("data_loader", loader)
    core.set_config_variable("region", profile.region or _region(profile, core))
    if profile.credentials.partition(":")[0] in ("aws", "env"):
        prompter = _prompter(mfa_code)
        core.get_component("credential_provider").get_provider("assume-role")._prompter = prompter
    core._credentials = lent  # botocore's own way of giving it credentials knows none that run out
    keys = None if lent else keys_of(profile)
    if not (keys or lent or _found_elsewhere(profile)):
        raise errors.BadCredentials(
            f"The secret of the profile “{profile.name}” is not known.",
            "Type it for this session, or save it in the keyring.",
        )
    session = boto3.Session(
        botocore_session=core,
        aws_access_key_id=keys.access_key_id if keys else None,
        aws_secret_access_key=keys.secret_access_key if keys else None,
        aws_session_token=keys.session_token if keys else None,
    )
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # each session adds boto3's own once more
    return session


def load() -> None:
    """Do what only the first session and client of a process need, which takes half a second, before anybody asks for
    one."""
    nobody = Profile("nobody", region="us-east-1", credentials="anonymous")
    with _loading:
        new_client(new_session(nobody, None), nobody, None).close()


def _registered() -> dict[str, Any]:
    """Options of a botocore Session that has botocore's own handlers already. One by one, as it would register them
    itself, they take half of the time in which a session and its client are made."""
    return {"event_hooks": copy(_handlers()), "include_builtin_handlers": False}


@cache
def _handlers() -> Any:
    from botocore.hooks import HierarchicalEmitter
    from botocore.session import Session

    handlers: Any = HierarchicalEmitter()
    Session(event_hooks=handlers)
    return handlers


@cache
def _loader(data_path: str | None) -> Any:
    """What reads botocore's models, which takes most of the time that a client needs: read once, not once a profile."""
    from botocore.loaders import create_loader

    loader: Any = create_loader(data_path)
    loader.list_available_services = lambda _: _Assumed()
    return loader


class _Assumed:
    """The services that botocore has models of. It would look through the folders of four hundred, several times, to
    see that S3 is among them; what isn't there is found out when its model is read."""

    def __contains__(self, _: object) -> bool:
        return True


def new_client(session: Any, profile: Profile, region: str | None) -> Any:
    """An S3 client of `session` in `region` (None: the profile's)."""
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import InvalidRegionError

    verify = verification(profile, session)
    if verify is False:
        _hush_warnings()
    options: dict[str, Any] = {"signature_version": UNSIGNED} if profile.credentials == "anonymous" else {}
    if profile.addressing != "auto":
        options["s3"] = {"addressing_style": profile.addressing}
    config: Any = Config(  # type: ignore[call-arg]  # the stubs lag behind botocore
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=32,
        request_checksum_calculation=profile.checksum_mode,
        response_checksum_validation=profile.checksum_mode,
        ignore_configured_endpoint_urls=True,
        **options,
    )
    try:
        client = session.client(
            "s3",
            endpoint_url=_endpoint(profile, region),
            region_name=region or session.region_name,
            verify=verify,
            config=config,
        )
    except InvalidRegionError as error:
        wrong = region or session.region_name
        raise errors.Refused(f"“{wrong}” can't be a region.", "Correct the region of the profile.") from error
    except ValueError as error:
        unreachable = errors.Unreachable(f"“{profile.endpoint}” is not an endpoint.", "Write https://host:port.")
        unreachable.what = "name"
        raise unreachable from error
    client.meta.events.register("before-call.s3.HeadBucket", _do_not_redirect)
    client.meta.events.register("needs-retry.s3", _send_again)
    return client


def _send_again(response: Any, attempts: int, operation: Any, **_: Any) -> float | None:
    """Seconds until the next try after a refusal that isn't one, which botocore takes for final: it knows all those
    with a status of 5xx, and of the others only RequestTimeout and SlowDown."""
    if response is None or attempts >= ATTEMPTS or not 400 <= response[0].status_code < 500:
        return None
    passes = errors.from_response(operation.name, "", "", response[1]).retryable
    return random.uniform(0, AGAIN_SECONDS * 2**attempts) if passes else None


def _do_not_redirect(context: dict[str, Any], **_: Any) -> None:
    """botocore answers a redirected HeadBucket that names no region with another HeadBucket, without end.
    `Connection` follows redirects itself."""
    context.setdefault("s3_redirect", {})["redirected"] = True


def verification(profile: Profile, session: Any | None = None) -> Literal[False] | str | None:
    """What TLS certificates are checked against: a CA file, False for nothing, None for the usual authorities
    (and then `AWS_CA_BUNDLE` or `REQUESTS_CA_BUNDLE`, when they are set). What the profile says comes first."""
    if not profile.verify_tls:
        return False
    if profile.ca_file:
        return profile.ca_file
    if session is None or not profile.credentials.startswith("aws:"):
        return None
    own: str | None = session._session.get_scoped_config().get("ca_bundle")
    return own


def _core_session(profile: Profile) -> Any:
    from botocore.session import Session

    kind, _, name = profile.credentials.partition(":")
    if kind == "aws":
        return _named_session(name)
    if kind == "env":
        return Session(**_registered())
    no_file = (None, None, "", None)
    variables: Any = {"profile": _UNSET, "region": _UNSET, "config_file": no_file, "credentials_file": no_file}
    return Session(session_vars=variables, **_registered())


def _named_session(name: str) -> Any:
    """A botocore session of the AWS profile `name`, whose STS and SSO don't hear AWS_ENDPOINT_URL either."""
    from botocore.config import Config
    from botocore.session import Session

    class NamedSession(Session):
        def create_client(self, service_name: str, *words: Any, **options: Any) -> Any:
            if service_name != "s3":
                quiet: Any = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]
                options["config"] = quiet.merge(options["config"]) if options.get("config") else quiet
                options["endpoint_url"] = options.get("endpoint_url") or _own_endpoint(self, service_name)
            return super().create_client(service_name, *words, **options)

    return NamedSession(profile=name, **_registered())


def _own_endpoint(core: Any, service: str) -> str | None:
    """What AWS's files, not the environment, say about the endpoint of `service`."""
    scoped = core.get_scoped_config()
    services = core.full_config.get("services", {}).get(scoped.get("services"), {})
    found: str | None = services.get(service.replace("-", "_"), {}).get("endpoint_url") or scoped.get("endpoint_url")
    return found


def _region(profile: Profile, core: Any) -> str:
    """A named AWS profile's own region comes before AWS_DEFAULT_REGION."""
    own = core.get_scoped_config().get("region") if profile.credentials.startswith("aws:") else None
    return str(own or core.get_config_variable("region") or regions.DEFAULT)


def _found_elsewhere(profile: Profile) -> bool:
    """Keys must never be borrowed from AWS's chain for a profile that has its own."""
    return profile.credentials.partition(":")[0] in ("aws", "env", "anonymous")


def _endpoint(profile: Profile, region: str | None) -> str | None:
    """The profile's endpoint; for a bucket in another AWS region, that region's."""
    if region and profile.is_aws and region != profile.region and ".vpce." not in (profile.endpoint or ""):
        return None
    return profile.endpoint


def _prompter(mfa_code: Callable[[str], str] | None) -> Callable[[str], str]:
    def ask(prompt: str) -> str:
        serial = prompt.removeprefix(_PROMPT).removesuffix(": ")
        if mfa_code is None:
            raise errors.mfa_needed(serial)
        return mfa_code(serial)

    return ask


def _hush_warnings() -> None:
    """urllib3 would write one line to the terminal for each unverified request."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
