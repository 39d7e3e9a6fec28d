"""The picture classifiers that the settings name: fetched, checked, and ready for child processes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, Protocol

from models.errors import ArtifactError
from models.labels import NO_FINDING, PHOTO_FINDINGS
from models.pictures.classifier import PictureClassifier, Served
from streams.sources import fetch_artifact

_OF_PATIENTS: Final = frozenset({*PHOTO_FINDINGS, NO_FINDING})


class Place(Protocol):
    """Where one lies; see `PictureModel` of the settings."""

    @property
    def address(self) -> str: ...

    @property
    def digest(self) -> str | None: ...


def open_served(places: Sequence[Place], cache: Path, tasks: Collection[str]) -> list[Served]:
    """Each is opened as `PictureClassifier.open` does. Takes about a second for each that is not in the cache.

    Args:
        cache: folder for copies of those that are named with a hash.
        tasks: that there are.

    Raises:
        SourceError: one cannot be fetched, or is not what was asked for.
        ArtifactError: one is no picture classifier that may be served, one names conditions of patients, or two have
            one name.
    """
    served: list[Served] = []
    for place in places:
        folder = Path(place.address) if place.digest is None else fetch_artifact(place.address, place.digest, cache)
        opened = PictureClassifier.open(folder)
        told = opened.manifest
        if told.task not in tasks:
            raise ArtifactError(f"The picture classifier {told.name} is for {told.task}, which is no task here.")
        if told.task == "symptoms" and (others := sorted(set(told.classes) - _OF_PATIENTS)):
            raise ArtifactError(
                f"The picture classifier {told.name} names {others[0]}; of photographs of patients it may say "
                f"{', '.join(PHOTO_FINDINGS)} and {NO_FINDING}, and no condition."
            )
        if any(told.name == other.name for other, _ in served):
            raise ArtifactError(f"Two picture classifiers are called {told.name}: a verdict could not tell them apart.")
        served.append((told, opened.model))
    return served
