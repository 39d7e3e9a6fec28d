"""From entries of the control topic to what a worker can judge with: fetched, checked, loaded, warm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from models.artifact import Artifact, read_manifest
from models.errors import ArtifactError, TidegateError, place_of
from schemas import Control
from streams.control.state import named
from streams.model import Model, check_cascade, load_model
from streams.pipeline.activation import parts_of, state_folder, tasks_of
from streams.policy import Policy, PolicyError
from streams.settings import Settings
from streams.sources import SourceError, fetch_artifact, fetch_file, parse_manifest, read_manifest_bytes
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
    return Candidate(model, _built(settings, model.artifact, policy), model_entry, policy_entry)


def check_policy(settings: Settings, policy_entry: Control, model_entry: Control | None) -> None:
    """Builds what a worker would of a policy. Of the model the manifest alone is read, and nothing is kept.

    Raises:
        PolicyError: an example fails, the cascade is on and the policy flags what it may take for clean, or the policy
            asks for what the model lacks.
        TidegateError: the manifest cannot be read, or is not what was asked for.
    """
    artifact, policy = _manifest(settings, named(model_entry)), _policy(settings, policy_entry)
    try:
        if settings.cascade == "on":
            check_cascade(artifact, policy)
        _built(settings, artifact, policy)
    except ArtifactError as error:  # the manifest was read: it is for the policy to ask for less
        raise PolicyError(str(error)) from error


def _built(settings: Settings, artifact: Artifact, policy: Policy) -> Parts:
    """The tasks are thrown away: would they build?"""
    parts = parts_of(settings, artifact, policy)
    tasks_of(settings, replace(parts, state=None))
    return parts


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
    folder = fetch_artifact(*_place(entry), artifacts_folder(settings))
    return settings.model_copy(update={"artifact": folder})


def _manifest(settings: Settings, entry: Control | None) -> Artifact:
    """The model without its files, of which a policy asks for nothing."""
    if entry is None:
        return Artifact(settings.artifact, read_manifest(settings.artifact))
    address, digest = _place(entry)
    return Artifact(Path(address), parse_manifest(read_manifest_bytes(address, digest), address))


def _place(entry: Control) -> tuple[str, str]:
    """Of a model: its address, and the hash of its manifest."""
    if entry.address is None or entry.digest is None:
        raise SourceError("The change names no address with a hash.")
    return entry.address, entry.digest


def _check_version(model: Model, entry: Control | None) -> None:
    if entry is not None and entry.version is not None and model.artifact.version != entry.version:
        raise SourceError(f"The model is {model.artifact.version}, and the change names {entry.version}.")


def artifacts_folder(settings: Settings) -> Path:
    """Where the workers of a host keep copies of models."""
    return settings.data_dir / "artifacts"


def state_file(settings: Settings) -> Path:
    """The last known state of the control topic."""
    return state_folder(settings) / "control.json"
