"""Secrets in the operating system's keyring: one entry a profile, service `s3tui/PROFILE`, user = access key id.

A keyring can be locked, missing, broken, or wait for a dialog that nobody sees. Each of these is an error of
its own; none is ever taken for “there is no secret”.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from s3tui import background
from s3tui.errors import BadInput, S3tuiError

T = TypeVar("T")

SECONDS = 10.0  # how long a keyring may take; long enough to answer its dialog
# Stores of the operating system. Others (plain text, null, third-party files) are never used.
ALLOWED_BACKENDS = (
    "keyring.backends.SecretService.",
    "keyring.backends.libsecret.",
    "keyring.backends.kwallet.",
    "keyring.backends.macOS.",
    "keyring.backends.Windows.",
)
_CHAINER, _FAIL = "keyring.backends.chainer.", "keyring.backends.fail."
_WAY_ON = "Or use an AWS profile, the environment, or type the secret for this run only."
# A keyring that hangs holds its thread for good, so it has a pool of its own and starves nobody else.
_POOL = background.Pool("keyring", 8)


class KeyringError(S3tuiError):
    """The keyring did not do what was asked."""


class KeyringLocked(KeyringError):
    """It is locked, and nobody unlocked it."""


class KeyringMissing(KeyringError):
    """This machine has none that may be used."""


class KeyringFailed(KeyringError):
    """It answered with an error of its own."""


class KeyringSlow(KeyringError):
    """It gave no answer in time; it may be waiting for a dialog."""


class SecretNotFound(KeyringError):
    """The keyring works, and has no secret for this profile and access key."""


def read(profile_name: str, access_key_id: str) -> str:
    """The secret of that profile and access key. Blocks for `SECONDS` at most. Raises `KeyringError`."""
    secret = _ask(lambda keyring: keyring.get_password(_service(profile_name), access_key_id))
    if not secret:
        raise _not_found(profile_name, access_key_id)
    return str(secret)


def save(profile_name: str, access_key_id: str, secret: str) -> None:
    """Keep `secret` for that profile and access key, in the place of one kept before, and see that it is there.
    Blocks for twice `SECONDS` at most. Raises `KeyringError`, `BadInput`."""
    if not secret or not access_key_id:
        raise BadInput("An access key id and its secret are both needed.")
    _ask(lambda keyring: keyring.set_password(_service(profile_name), access_key_id, secret))
    if _ask(lambda keyring: keyring.get_password(_service(profile_name), access_key_id)) != secret:
        raise KeyringFailed("The keyring did not keep the secret.", _WAY_ON)


def delete(profile_name: str, access_key_id: str) -> None:
    """Forget the secret of that profile and access key. Blocks for `SECONDS` at most. Raises `KeyringError`."""

    def forget(keyring: Any) -> bool:
        if keyring.get_password(_service(profile_name), access_key_id) is None:
            return False
        keyring.delete_password(_service(profile_name), access_key_id)
        return True

    if not _ask(forget):
        raise _not_found(profile_name, access_key_id)


def _service(profile_name: str) -> str:
    return f"s3tui/{profile_name}"


def _not_found(profile_name: str, access_key_id: str) -> SecretNotFound:
    return SecretNotFound(
        f"The keyring has no secret for the profile “{profile_name}” and access key “{access_key_id}”.",
        "Type it again.",
    )


def _ask(question: Callable[[Any], T]) -> T:
    future: Future[T] = _POOL.submit(_answer, question)
    try:
        return future.result(SECONDS)
    except TimeoutError:
        future.cancel()
        raise KeyringSlow(
            f"The keyring gave no answer in {SECONDS:g} seconds.",
            f"It may be showing a dialog: answer it and try again. {_WAY_ON}",
        ) from None


def _answer(question: Callable[[Any], T]) -> T:
    """Runs on a thread of the pool; every failure leaves as one of ours, so a time-out can only be `_ask`'s."""
    try:
        return question(_backend())
    except KeyringError:
        raise
    except Exception as error:
        raise _translated(error) from error


def _backend() -> Any:
    """The keyring, if it is one of the operating system's. Raises `KeyringMissing`."""
    import keyring

    backend = keyring.get_keyring()
    name = _name(backend)
    if name.startswith(_FAIL):
        raise KeyringMissing(
            "This machine has no keyring that s3tui can use.",
            "Start one (GNOME Keyring, KWallet; over ssh there often is none). " + _WAY_ON,
        )
    members = backend.backends if name.startswith(_CHAINER) else [backend]  # type: ignore[attr-defined]
    for member in members:
        if not _name(member).startswith(ALLOWED_BACKENDS):
            raise KeyringMissing(
                f"The keyring here is {_name(member)}, which doesn't protect secrets, so it isn't used.",
                "Name the system's one in PYTHON_KEYRING_BACKEND. " + _WAY_ON,
            )
    return backend


def _name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _translated(error: Exception) -> KeyringError:
    """Any exception of keyring or of a backend's library as one of ours."""
    from keyring import errors

    kind, said = type(error).__name__, str(error)
    # SecretStorage's own exceptions come through keyring; -25308 is macOS over ssh (no dialog possible).
    dismissed = kind in ("LockedException", "PromptDismissedException") or "dismissed" in said or "-25308" in said
    if dismissed or isinstance(error, errors.KeyringLocked):
        return KeyringLocked("The keyring is locked, and it was not unlocked.", f"Unlock it and try again. {_WAY_ON}")
    unreachable = (errors.NoKeyringError, FileNotFoundError, ConnectionError)  # the last two: D-Bus itself is gone
    if kind == "SecretServiceNotAvailableException" or isinstance(error, unreachable):
        return KeyringMissing("The keyring is not running, or can't be reached.", f"Start it. {_WAY_ON}")
    return KeyringFailed(f"The keyring failed: {kind}: {said.rstrip('.')}.", _WAY_ON)
