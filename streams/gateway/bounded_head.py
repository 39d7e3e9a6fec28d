"""uvicorn's fast parser takes whatever comes: here are its bounds, and what its slower one, h11, sees to besides."""

from __future__ import annotations

from typing import Final

import httptools
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 * 1024
MOST_WAITING: Final = 16
"""Requests of a connection, behind the one that is worked on."""


class BoundedHead(HttpToolsProtocol):
    """Refuses more than `LONGEST_HEAD` bytes in which no head, piece of a body, or end of a request becomes complete.
    It is looked at with every piece that is read from the connection: what one piece completes may be longer.
    """

    _unended_bytes = 0
    _is_in_head = False
    _has_refused = False

    def data_received(self, data: bytes) -> None:
        if self._has_refused or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._unended_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._hand_over(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse("Invalid HTTP request received.")
        else:
            if self._unended_bytes > LONGEST_HEAD:
                self._refuse("The head of the request is too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        # What follows a body in chunks looks the same, and is no part of the head that the application has read.
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Raises ValueError, which the parser turns into its own error: the request is to be refused."""
        self._is_in_head, self._unended_bytes = False, 0
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise ValueError("A request names one host.")
        if len(self.pipeline) >= MOST_WAITING or (self.parser.should_upgrade() and self._is_awaited()):
            raise ValueError("An earlier request is to be answered first.")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unended_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unended_bytes = 0
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        # Asked where the parser stops behind the head, whatever it is to be upgraded to: `_hand_over` sees to it.
        return True

    def _hand_over(self, rest: bytes) -> None:
        """To h11, which reads the body of a request that offers another protocol, and answers it in this one."""
        head = [self.scope["method"].encode(), b" ", self.url, f" HTTP/{self.scope['http_version']}\r\n".encode()]
        for name, value in self.headers:
            if name != b"upgrade":
                head += [name, b": ", value, b"\r\n"]
        other = H11Protocol(config=self.config, server_state=self.server_state, app_state=self.app_state)
        self.connections.discard(self)
        other.connection_made(self.transport)
        self.transport.set_protocol(other)
        other.data_received(b"".join([*head, b"\r\n", rest]))

    def _is_awaited(self) -> bool:
        """Whether an answer comes before one that would be given now: a request's own, while its body comes and its
        answer has not begun, does not.
        """
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        return bool(self.pipeline) or cycle.response_started or not cycle.more_body

    def _refuse(self, message: str) -> None:
        self._has_refused = True
        self.logger.warning(message)
        if self._is_awaited():
            self.transport.abort()
        else:
            self.send_400_response(message)
