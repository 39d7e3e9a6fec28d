"""The end of a sitting: `tidegate train --minutes N`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from models.errors import TidegateError


class SittingOver(TidegateError):
    """The minutes of a sitting are used up. What was learned is saved; the same command goes on from there."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Deadline:
    """So many minutes after it was made; none means never."""

    minutes: float | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def passed(self) -> bool:
        return self.minutes is not None and time.monotonic() - self.began >= 60 * self.minutes

    def check(self, where: str) -> None:
        """Raise SittingOver, which says `where`, if it has passed."""
        if self.passed:
            raise SittingOver(
                f"Stopped after {self.minutes:g} minutes, {where}; run the same command again to go on from there."
            )
