"""The profile of what an earlier run asked for: found by its name, and only if it is still the same endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from s3tui.errors import BadInput
from s3tui.profiles import sources
from s3tui.profiles.model import Profile
from s3tui.transfers.journal import Whom


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
    """Raise `BadInput` when `profile` is another endpoint: what was meant for one must not land on the other."""
    if profile.endpoint != whom.endpoint:
        raise BadInput(
            f"The profile “{profile.name}” is now {profile.endpoint or 'AWS'}; the transfer was for "
            f"{whom.endpoint or 'AWS'}.",
            "Ask for it again, or change the profile back.",
        )
