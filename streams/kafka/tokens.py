"""The token of OAUTHBEARER: whoever issues it writes it to a file, anew before it ends, as Kubernetes does."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiokafka.abc import AbstractTokenProvider

from streams.settings import SettingsError


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Is read for each connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """Raises SettingsError where there is none."""
        return await asyncio.to_thread(self.read)

    def read(self) -> str:
        """As `token`, at once."""
        try:
            token = self._path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no token"
            raise SettingsError(f"sasl_token_file {self._path} cannot be read: {reason}.") from None
        if not token:
            raise SettingsError(f"sasl_token_file {self._path} is empty.")
        return token
