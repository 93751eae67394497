"""The profile of what an earlier run asked for: found by its name, and only if it is still the same endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from s3tui.errors import BadInput
from s3tui.profiles import sources
from s3tui.profiles.model import Profile
from s3tui.s3.connections import connected
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.journal import Whom
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.request import Request

TARGET = "target"  # the origin of a profile that only the target of a copy names


def target_of(request: Request) -> Whom | None:
    """The other profile that a copy needs; None when its own is enough, or this process is connected to it already."""
    if not isinstance(request, (CopyRequest, MoveRequest)) or not request.to_profile:
        return None
    whom = Whom(request.to_profile, request.to_endpoint, None, TARGET)
    return None if connected(whom.profile, whom.endpoint) else whom


def profile_of(whom: Whom, profiles: Sequence[Profile]) -> Profile:
    """The one among `profiles`. Raises `BadInput` when it is gone, can't be used, or is another endpoint by now."""
    name = None if whom.profile == sources.ENVIRONMENT else whom.profile
    if whom.origin == sources.COMMAND_LINE:
        profile = sources.choose(profiles, name, whom.endpoint, whom.region)
    else:
        profile = sources.choose(profiles, name)
    check_same(whom, profile)
    return profile


def check_same(whom: Whom, profile: Profile) -> None:
    """Raise `BadInput` when `profile` is another endpoint."""
    if not profile.is_at(whom.endpoint):
        raise BadInput(
            f"The profile “{profile.name}” is now {profile.endpoint or 'AWS'}; the transfer was for "
            f"{whom.endpoint or 'AWS'}.",
            "Ask for it again, or change the profile back.",
        )
