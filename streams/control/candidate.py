"""From entries of the control topic to what a worker can judge with: fetched, checked, loaded, warm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import TidegateError, place_of
from schemas import Control
from streams.control.state import named
from streams.model import Model, check_cascade, load_model
from streams.pipeline.activation import parts_of, state_folder, tasks_of
from streams.policy import Policy
from streams.settings import Settings
from streams.sources import SourceError, fetch_artifact, fetch_file
from streams.tasks.base import Parts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model and a policy that fit together, and the entries that they came from; None: from the settings, as where
    an entry names none.
    """

    model: Model
    parts: Parts
    model_entry: Control | None = None
    policy_entry: Control | None = None

    @property
    def entries(self) -> list[Control]:
        return [entry for entry in (self.model_entry, self.policy_entry) if entry is not None]


def load_candidate(
    settings: Settings, model_entry: Control | None, policy_entry: Control | None, *known: Candidate
) -> Candidate:
    """What these entries name. Takes seconds: run it in a thread.

    Args:
        known: what runs here, what judges first; a model and a policy of it are kept where the entry is the same,
            without another look at where they came from.

    Raises:
        TidegateError: something cannot be fetched, is not what was asked for, or fails a check.
    """
    policies = [each.parts.policy for each in known if named(each.policy_entry) == named(policy_entry)]
    policy = policies[0] if policies else _policy(settings, named(policy_entry))
    models = [each.model for each in known if _is_same(named(each.model_entry), named(model_entry))]
    if models:
        model = models[0]
        if settings.cascade == "on":
            check_cascade(model.artifact, policy)
    else:
        model = load_model(_with_artifact(settings, named(model_entry)), policy)
        if known:  # beside one that works, a model looks slower than it is
            model = replace(model, in_flight_tokens=max(model.in_flight_tokens, known[0].model.in_flight_tokens))
    _check_version(model, model_entry)
    parts = parts_of(settings, model.artifact, policy)
    tasks_of(settings, replace(parts, state=None))  # would they build? They are thrown away
    return Candidate(model, parts, model_entry, policy_entry)


def _is_same(one: Control | None, other: Control | None) -> bool:
    """Whether they name one model: the hash covers all of its files, wherever they lie."""
    if one is None or other is None:
        return one is other
    return one == other or (one.digest is not None and one.digest == other.digest)


def refusal(error: Exception) -> str:
    """Why, in one sentence."""
    return str(error) if isinstance(error, TidegateError) else f"It does not load: {place_of(error)}."


def _policy(settings: Settings, entry: Control | None) -> Policy:
    if entry is None:
        return Policy.load(settings.policy)
    if entry.content is not None:
        return Policy.parse(entry.content.encode(), f"of revision {entry.revision}")
    if entry.address is None or entry.digest is None:
        raise SourceError("The change names neither a policy nor an address with a hash.")
    return Policy.parse(fetch_file(entry.address, entry.digest), entry.address)


def _with_artifact(settings: Settings, entry: Control | None) -> Settings:
    if entry is None:
        return settings
    if entry.address is None or entry.digest is None:
        raise SourceError("The change names no address with a hash.")
    folder = fetch_artifact(entry.address, entry.digest, artifacts_folder(settings))
    return settings.model_copy(update={"artifact": folder})


def _check_version(model: Model, entry: Control | None) -> None:
    if entry is not None and entry.version is not None and model.artifact.version != entry.version:
        raise SourceError(f"The model is {model.artifact.version}, and the change names {entry.version}.")


def artifacts_folder(settings: Settings) -> Path:
    """Where the workers of a host keep copies of models."""
    return settings.data_dir / "artifacts"


def state_file(settings: Settings) -> Path:
    """The last known state of the control topic."""
    return state_folder(settings) / "control.json"
