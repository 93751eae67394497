"""What may stand at one place in the keys, in which order and how likely."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise
from math import log2

_GAPS = 0.02  # share of the characters that were never seen anywhere
_BLOCK = 0xA000  # characters beyond the last one seen that may come


class Place:
    """What stands at one place in the keys: `""` means that the key ends there."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self.visits = 0
        self._characters: list[str] = []
        self._numbers: dict[str, int] = {}
        self._begins: list[float] = []
        self._shares: list[float] = []
        self._gaps: list[tuple[float, int]] = []  # after each: share, how many characters
        self._measured = (-1, 0)

    def see(self, character: str) -> bool:
        """Count it; whether it is new here."""
        count = self.seen.get(character, 0)
        self.seen[character] = count + 1
        self.visits += 1
        return not count

    def stale(self, alphabet: int) -> bool:
        """Whether so much came since it was measured that it is worth measuring again."""
        visits, letters = self._measured
        return self.visits > visits * 1.25 or alphabet > letters * 1.25

    def measure(self, others: dict[str, float], alphabet: int) -> None:
        """Give each character its share; `others` were not seen here, with how likely they are all the same.

        How much goes to those follows Good and Turing: what was seen only once tells how much is still unseen.
        `alphabet`: how many characters are known anywhere.
        """
        self._measured = (self.visits, alphabet)
        once = sum(count == 1 for count in self.seen.values())
        unseen = (0.5 + once) / (self.visits + 0.5 + once)
        weights = dict.fromkeys(self.seen, 1.0)
        if "0" <= max(self.seen, default="") <= "9":
            others.update({digit: others.get(digit, 0) + 0.5 for digit in "0123456789" if digit not in self.seen})
        known, unknown = sum(weights.values()), sum(others.values())
        if not unknown:
            unseen = 0.0
        if not known:
            unseen = 1.0
        shares = {character: weight * (1 - unseen) / known for character, weight in weights.items()}
        shares.update({character: weight * unseen / unknown for character, weight in others.items()})
        self._lay_out(shares, unseen)

    def _lay_out(self, shares: dict[str, float], unseen: float) -> None:
        """Put the characters in a row, with gaps for those that were never seen anywhere."""
        ordered = sorted(shares)
        widths = [_width(one, other) for one, other in pairwise([*ordered, ""])]
        foreign = any(character > "\x7f" for character in self.seen)
        weights = [log2(1 + width) for width in widths]
        gaps = max(_GAPS, unseen / 2 if foreign else 0)
        gap = gaps / max(sum(weights), 1)
        self._gaps = [(gap * weight, width) for weight, width in zip(weights, widths, strict=True)]
        self._shares = [shares[character] * (1 - gaps) for character in ordered]
        steps = (share + gap for share, (gap, _) in zip(self._shares, self._gaps, strict=True))
        self._begins = list(accumulate(steps, initial=0.0))[:-1]
        self._characters = ordered
        self._numbers = {character: number for number, character in enumerate(ordered)}

    def edge(self, character: str) -> tuple[float, float]:
        """Where in the measure what has this character here begins, and its share."""
        at = self._numbers.get(character)
        if at is not None:
            return self._begins[at], self._shares[at]
        at = bisect_right(self._characters, character) - 1
        if at < 0:
            return 0.0, _GAPS
        gap, width = self._gaps[at]
        into = min(_width(self._characters[at], character), width)
        return self._begins[at] + self._shares[at] + gap * into / (width + 1), gap / (width + 1)

    def find(self, position: float) -> tuple[str, list[str]]:
        """The character in whose share `position` lies (empty: none), and those to split at near it."""
        at = max(bisect_right(self._begins, position) - 1, 0)
        if not self._characters:
            return "", []
        character = self._characters[at]
        near = self._characters[at : at + 2]
        gap, width = self._gaps[at]
        into = position - self._begins[at] - self._shares[at]
        if width and gap and 0 < into < gap and (character or "a") > "\x7f":
            near.append(chr(ord(character) + 1 + int(width * into / gap)))
        return character, [one for one in near if one and allowed(one)]


def _width(one: str, other: str) -> int:
    """How many characters lie between two, either of which may be the end of a key or of all characters."""
    if not one:
        return 0
    return ord(other) - ord(one) - 1 if other else min(0x10FFFF - ord(one), _BLOCK)


def allowed(character: str) -> bool:
    """Whether XML 1.0 can hold it without trouble."""
    return (
        character >= " "
        and not "\ud800" <= character <= "\udfff"
        and not "\x7f" <= character <= "\x9f"
        and character not in "\ufffe\uffff"
    )
