"""The mock cluster of librdkafka, by its C interface (rdkafka_mock.h): Python's has no way to its settings."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from typing import Final

from streams.errors import EmbeddedBrokerError

_PRODUCER: Final = 0  # rd_kafka_type_t
_BROKERS: Final = 1
_OK: Final = 0  # rd_kafka_conf_res_t
_ERROR_BYTES: Final = 512
_SILENT: Final = b"0"  # log_level; the mock would tell the terminal what its clients do wrong


@contextlib.contextmanager
def mock_cluster() -> Iterator[int]:
    """Runs in threads of its own while the block does; gives the port of its one broker on loopback.

    A group's first member is served at once: the mock would wait three seconds for others, who may not come in.

    Raises:
        EmbeddedBrokerError: it did not start, or what it needs is not installed.
    """
    library = _library()
    owner = _owner(library)
    try:
        cluster = library.rd_kafka_mock_cluster_new(owner, _BROKERS)
        if not cluster:
            raise EmbeddedBrokerError("The embedded broker did not start.")
        try:
            library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
            addresses: bytes = library.rd_kafka_mock_cluster_bootstraps(cluster)
            yield int(addresses.rpartition(b":")[2])
        finally:
            library.rd_kafka_mock_cluster_destroy(cluster)
    finally:
        library.rd_kafka_destroy(owner)


def _library() -> ctypes.CDLL:
    """What confluent-kafka is linked with: the loader looks for a name in what a library needs, too."""
    try:
        from confluent_kafka import cimpl
    except ImportError:
        raise EmbeddedBrokerError("The embedded broker needs: pip install 'tidegate[demo]'") from None
    library = ctypes.CDLL(cimpl.__file__)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    try:
        for name, result, arguments in (
            ("rd_kafka_conf_new", pointer, []),
            ("rd_kafka_conf_set", number, [pointer, text, text, text, ctypes.c_size_t]),
            ("rd_kafka_new", pointer, [number, pointer, text, ctypes.c_size_t]),
            ("rd_kafka_destroy", None, [pointer]),
            ("rd_kafka_mock_cluster_new", pointer, [pointer, number]),
            ("rd_kafka_mock_cluster_destroy", None, [pointer]),
            ("rd_kafka_mock_cluster_bootstraps", text, [pointer]),
            ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, [pointer, ctypes.c_int32]),
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as error:
        raise EmbeddedBrokerError(f"The embedded broker needs another confluent-kafka: {error}.") from None
    return library


def _owner(library: ctypes.CDLL) -> int:
    """A client that speaks to nobody; the cluster needs one."""
    settings = library.rd_kafka_conf_new()
    error = ctypes.create_string_buffer(_ERROR_BYTES)
    is_silent = library.rd_kafka_conf_set(settings, b"log_level", _SILENT, error, _ERROR_BYTES) == _OK
    owner = library.rd_kafka_new(_PRODUCER, settings, error, _ERROR_BYTES) if is_silent else None
    if not owner:
        raise EmbeddedBrokerError(f"The embedded broker did not start: {error.value.decode(errors='replace')}.")
    return int(owner)
