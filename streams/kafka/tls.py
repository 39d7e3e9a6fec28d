"""TLS to the brokers, with certificates that may be replaced while the service runs."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path
from typing import Any, Self

from streams.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

_Stamp = tuple[tuple[int, int, int], ...]


class FreshContext(ssl.SSLContext):
    """Each new connection is made with the files as they are then: a rotated certificate needs no restart.

    Verifies the broker's certificate and host name, always. Files that cannot be used when they are looked at again,
    because they are half written, say, are warned of once, and the former ones stay in use.
    """

    _settings: Settings
    _current: ssl.SSLContext
    _stamp: _Stamp

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Raises SettingsError where a file is no certificate or key."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context._settings = settings
        context._stamp = _stamp(settings)
        context._current = _read(settings)
        return context

    def wrap_bio(self, *args: Any, **how: Any) -> ssl.SSLObject:
        """What asyncio calls for each connection."""
        self._look_again()
        return self._current.wrap_bio(*args, **how)

    def _look_again(self) -> None:
        try:
            stamp = _stamp(self._settings)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._current = _read(self._settings)
        except SettingsError as error:
            logger.warning("%s The former ones stay in use.", error)
        else:
            logger.info("certificates were read anew")


def _files(settings: Settings) -> tuple[Path, ...]:
    files = settings.ssl_cafile, settings.ssl_certfile, settings.ssl_keyfile
    return tuple(path for path in files if path is not None)


def _stamp(settings: Settings) -> _Stamp:
    """Changes with the files, also where a link is set to other ones, as Kubernetes does."""
    try:
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in map(os.stat, _files(settings)))
    except OSError as error:
        raise _unusable(error) from None


def _read(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
        if settings.ssl_certfile is not None:
            # Without a password of ours OpenSSL would ask for one on the terminal, and wait.
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise _unusable(error) from None
    return context


def _unusable(error: Exception) -> SettingsError:
    return SettingsError(f"ssl_cafile, ssl_certfile or ssl_keyfile cannot be used: {error}.")
