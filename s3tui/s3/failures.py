"""Exceptions of botocore, urllib3, ssl and sockets as our typed errors."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.errors import Request


def translate(error: Exception, request: Request, profile_name: str = "") -> S3tuiError | None:
    """`error`, met while sending `request`, as one of ours; None when it is a fault of this program.

    `profile_name` is the AWS profile that an SSO sign-in would be for.
    """
    from botocore import exceptions, parsers
    from urllib3.exceptions import HTTPError

    if isinstance(error, S3tuiError):
        return error
    if isinstance(error, exceptions.ClientError):
        return _refusal(error, request)
    if isinstance(error, UnicodeError):
        return errors.Refused("This name is not valid UTF-8, so S3 can't hold it.", request=request)
    if isinstance(error, parsers.ResponseParserError) or _from_parser(error):
        return errors.ServerFault(
            "The answer can't be understood.", "Check the endpoint: it may not speak S3.", request
        )
    if failure := _no_credentials(error, request, profile_name):
        return failure
    if isinstance(error, (exceptions.FlexibleChecksumError, exceptions.ChecksumError)):
        return errors.ServerFault("What arrived is not what the endpoint says it sent.", "Try again.", request)
    if any(isinstance(cause, ValueError) and str(cause).startswith("Invalid header") for cause in _causes(error)):
        # http.client's own words repeat the value, which may be a session token.
        return errors.Refused(
            "The request can't be sent: a key, a token or a value holds a line end.", "Set it again without.", request
        )
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError, HTTPError, OSError)):
        return unreachable(error, request)
    if isinstance(error, exceptions.IncompleteReadError):
        return _no_answer("cut", "The connection was cut before everything arrived.", "Try again.", request)
    if isinstance(error, exceptions.ParamValidationError):
        return _not_valid(error, request)
    if isinstance(error, exceptions.BotoCoreError):
        return errors.Refused(f"{request.operation} was not sent: {_one_line(error)}", request=request)
    return None


def _from_parser(error: BaseException) -> bool:
    """Whether botocore fell over an answer's text: an element twice, a number that is none."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "botocore.parsers":
            return True
        trace = trace.tb_next
    return False


def unreachable(error: BaseException, request: Request | None = None) -> errors.Unreachable:
    """Why no answer came, found in the chain of causes: name, port, TLS, time-out, or cut off."""
    from botocore import exceptions

    chain = list(_causes(error))
    if any(isinstance(cause, exceptions.ProxyConnectionError) for cause in chain):
        return _no_answer("port", "The proxy does not answer.", "Check HTTPS_PROXY and NO_PROXY.", request)
    for cause in chain:
        if isinstance(cause, socket.gaierror):
            return _no_answer("name", "The endpoint's name can't be resolved.", "Check its spelling and DNS.", request)
        if isinstance(cause, ssl.SSLError):
            return _tls(cause, request)
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return _no_answer("port", "Nothing listens at the endpoint's port.", "Check the port, and the server.", request)
    if any(_is_timeout(cause) for cause in chain):
        return _no_answer("timeout", "The endpoint did not answer in time.", "Try again in a while.", request)
    if any(isinstance(cause, exceptions.EndpointConnectionError) for cause in chain):
        return _no_answer("port", "The endpoint can't be reached.", "Check the network and the port.", request)
    if any(isinstance(cause, FileNotFoundError) for cause in chain):
        return _no_answer(
            "tls", "The CA file can't be read.", "Check the profile's CA file, or AWS_CA_BUNDLE.", request
        )
    if any(isinstance(cause, exceptions.SSLError) for cause in chain):
        return _no_answer("tls", f"TLS failed: {_one_line(error)}", "Check the endpoint's certificate.", request)
    advice = "Try again; if it stays so, check whether it must be https:// or http://."
    return _no_answer("cut", "The endpoint closed the connection without an answer.", advice, request)


def _is_timeout(cause: BaseException) -> bool:
    from botocore import exceptions
    from urllib3.exceptions import NewConnectionError
    from urllib3.exceptions import TimeoutError as Urllib3Timeout

    timeouts = (TimeoutError, exceptions.ConnectTimeoutError, exceptions.ReadTimeoutError, Urllib3Timeout)
    # urllib3 counts every connection that could not be made among the time-outs.
    return isinstance(cause, timeouts) and not isinstance(cause, NewConnectionError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything it wraps: botocore keeps the inner one as an argument, urllib3 as `reason`."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (cause.__cause__, cause.__context__, getattr(cause, "kwargs", {}).get("error"), *cause.args)
        waiting += [found for found in (*inner, getattr(cause, "reason", None)) if isinstance(found, BaseException)]


def _tls(error: ssl.SSLError, request: Request | None) -> errors.Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _no_answer(
            "tls",
            f"The endpoint's certificate is not accepted: {error.verify_message}.",
            "Name the CA file in the profile, or check that the endpoint is the right one.",
            request,
        )
    if "WRONG_VERSION_NUMBER" in str(error) or "HTTP_REQUEST" in str(error):
        return _no_answer("tls", "The endpoint's port does not speak TLS.", "Write http:// instead.", request)
    return _no_answer("tls", f"TLS failed: {error.reason or error}.", "Check the endpoint and its port.", request)


def _no_answer(what: str, sentence: str, advice: str, request: Request | None) -> errors.Unreachable:
    failure = errors.Unreachable(sentence, advice, request)
    failure.what = what
    return failure


def _refusal(error: Exception, request: Request) -> errors.S3Error:
    """An answer with an error status. STS and SSO answer too, while credentials are fetched."""
    response = getattr(error, "response", {})
    operation = str(getattr(error, "operation_name", request.operation))
    if operation == request.operation or request.operation.startswith("GET ?"):
        return errors.from_response(request.operation, request.bucket, request.key, response)
    inner = errors.from_response(operation, "", "", response)
    said = inner.request.message or inner.request.code or f"HTTP {inner.request.status}"
    kind = errors.ExpiredCredentials if isinstance(inner, errors.ExpiredCredentials) else errors.BadCredentials
    return kind(f"No credentials: {operation} was refused: {said}.".replace("..", "."), inner.advice, inner.request)


def _no_credentials(error: Exception, request: Request, profile_name: str) -> errors.S3Error | None:
    from botocore import exceptions

    if isinstance(error, (exceptions.SSOError, exceptions.TokenRetrievalError)):
        return errors.sso_login_needed(profile_name, request)
    if isinstance(error, exceptions.RefreshWithMFAUnsupportedError):
        return errors.mfa_needed("", request)
    if isinstance(error, exceptions.LoginError):
        return errors.ExpiredCredentials("The session has expired.", "Sign in again with: aws login.", request)
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.NoAuthTokenError)):
        return errors.BadCredentials(
            "No credentials were found.", "Set AWS_ACCESS_KEY_ID and its secret, or choose a profile.", request
        )
    if isinstance(error, exceptions.ProfileNotFound):
        name = error.kwargs.get("profile", "")
        return errors.BadCredentials(f"AWS's files hold no profile “{name}”.", "Check AWS_PROFILE.", request)
    wrong = (
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.InvalidConfigError,
        exceptions.ConfigParseError,
        exceptions.MetadataRetrievalError,
        exceptions.UnknownCredentialError,
    )
    if isinstance(error, wrong):
        return errors.BadCredentials(f"No credentials: {_one_line(error)}", "Check AWS's files.", request)
    return None


def _not_valid(error: Exception, request: Request) -> errors.S3Error:
    """botocore refused the parameters before anything was sent."""
    if "Invalid bucket name" in str(error):
        return errors.Refused(f"“{request.bucket}” can't be the name of a bucket.", request=request)
    return errors.Refused(f"{request.operation} was not sent: {_one_line(error)}", request=request)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:299]}…"
