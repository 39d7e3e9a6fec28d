"""Asks processes for their metrics, and takes the difference of two answers."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from streams.settings import SettingsError

TIMEOUT_S: Final = 3.0

Labels = Mapping[str, str]
Words = tuple[str, ...]
Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one address answered. `taken_at` is monotonic seconds."""

    taken_at: float
    values: Mapping[Key, float]

    def of(self, name: str) -> Iterator[tuple[Labels, float]]:
        """The samples of this name."""
        return ((dict(labels), value) for (known, labels), value in self.values.items() if known == name)


class Away(NamedTuple):
    """An address that gave no metrics."""

    why: str


Answer = Scrape | Away


def checked(url: str) -> str:
    """With what may be left out: `host:port` is an address, too. Raises SettingsError: it is none."""
    full = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(full)
        is_fit = parts.scheme == "http" and bool(parts.hostname) and parts.port is not None
    except ValueError:  # the port is no number
        is_fit = False
    if not is_fit:
        raise SettingsError(f"{url} is no address of metrics: it must be http://host:port or host:port.")
    return full if parts.path.strip("/") else f"{full.rstrip('/')}/metrics"


def scrape_all(urls: Sequence[str]) -> list[Answer]:
    """All at once, in order; none takes longer than a few seconds."""
    with ThreadPoolExecutor(len(urls)) as asking:
        return list(asking.map(_scrape, urls))


def _scrape(url: str) -> Answer:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path, headers={"accept": "text/plain"})
        response = connection.getresponse()
        if response.status != 200:
            return Away(f"it answers {response.status}")
        return read(response.read().decode())
    except OSError as error:
        return Away(error.strerror or "it does not answer")
    except (HTTPException, ValueError):
        return Away("it answers something else than metrics")
    finally:
        connection.close()


def read(exposition: str) -> Scrape:
    """Raises ValueError: that is no exposition."""
    values = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }
    return Scrape(time.monotonic(), values)


@dataclass(frozen=True, slots=True)
class Window:
    """Between two scrapes of one address."""

    before: Scrape
    after: Scrape

    @property
    def seconds(self) -> float:
        return self.after.taken_at - self.before.taken_at

    def rates(self, name: str, *by: str) -> dict[Words, float]:
        """How much a counter rose a second, by these labels. One that fell began anew, with its process."""
        sums: dict[Words, float] = defaultdict(float)
        for key, value in self.after.values.items():
            if key[0] == name:
                earlier = self.before.values.get(key, 0.0)
                labels = dict(key[1])
                rise = value - earlier if value >= earlier else value
                sums[tuple(labels.get(label, "") for label in by)] += rise / max(self.seconds, 1e-9)
        return sums


def added(windows: Sequence[Window], name: str, *by: str) -> dict[Words, float]:
    """The rates of all addresses together."""
    sums: dict[Words, float] = defaultdict(float)
    for window in windows:
        for words, rate in window.rates(name, *by).items():
            sums[words] += rate
    return sums


def quantile(share: float, buckets: Mapping[str, float]) -> float | None:
    """As PromQL's `histogram_quantile` reckons it; None where nothing was observed.

    Args:
        buckets: how many (or at what rate) by `le`, each with those of lower bounds.
    """
    rising = sorted((float(bound), count) for bound, count in buckets.items())
    if not rising or rising[-1][1] <= 0:
        return None
    rank = share * rising[-1][1]
    low, under = 0.0, 0.0
    for bound, count in rising:
        if count >= rank and count > under:
            return low if bound == float("inf") else low + (bound - low) * (rank - under) / (count - under)
        low, under = bound, count
    return low
