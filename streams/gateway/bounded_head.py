"""uvicorn's fast parser collects whatever comes of a request's head: here is its bound."""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 * 1024


class BoundedHead(HttpToolsProtocol):
    """Answers 400 to a head that does not end within `LONGEST_HEAD` bytes of what follows its first piece. A piece is
    what is read from the connection at once, a few hundred kB at most.
    """

    _head: Any = None
    """Of the request that is being read; None between two heads."""
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        head = self._head
        super().data_received(data)
        if head is not None and self._head is head:
            self._head_bytes += len(data)
            if self._head_bytes > LONGEST_HEAD:
                self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._head_bytes = self.headers, 0

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()
