"""Settings, from the command line, the environment, a TOML file and defaults, in this order.

Every field below is a variable `TIDEGATE_<NAME>` and a key `<name>` of the TOML file. A wrong one stops the start.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from models.artifact import RELEASE
from streams.errors import TidegateError

PREFIX = "TIDEGATE_"
CONFIG_FILE = "TIDEGATE_CONFIG"
# Variables of the same prefix that are no settings: a file to signal with, training's, the tests' and load runs' own.
OTHER_VARIABLES = frozenset({CONFIG_FILE, "TIDEGATE_READY_FILE", "TIDEGATE_TRAINING_DATA"})
OTHER_PREFIXES = ("TIDEGATE_TEST_", "TIDEGATE_LOAD_")

_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})")
_TOPIC_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,200}")
POLICY = Path(__file__).parent / "policy" / "policy.toml"


class SettingsError(TidegateError):
    """A setting is wrong: one sentence that names it, its value and what is allowed."""

    exit_code = 2


def _addresses(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    for part in parts:
        match = _ADDRESS.fullmatch(part)
        if match is None or not 0 < int(match[1]) < 65_536:
            raise ValueError("must be host:port, several separated by commas")
    return ",".join(parts)


def _topic_prefix(value: str) -> str:
    if not _TOPIC_PREFIX.fullmatch(value):
        raise ValueError("may hold letters, digits, dots, dashes and underscores, 200 at most")
    return value


def _existing(path: Path) -> Path:
    try:
        is_there = path.is_file()
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None
    if not is_there:
        raise ValueError("there is no such file")
    return path


def _secret(path: Path) -> SecretStr:
    try:
        return SecretStr(path.read_text("utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"sasl_password_file {path} cannot be read: {reason}") from None


Place = Annotated[Path, AfterValidator(Path.expanduser)]  # a TOML file or a container knows no shell that expands ~
File = Annotated[Place, AfterValidator(_existing)]


def _list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """What a worker, a client or a command needs to know."""

    # An error may hold the whole input, and with it the password: it is never shown.
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    brokers: Annotated[str, AfterValidator(_addresses)] = Field(
        default="localhost:9092", description="Kafka brokers, host:port, comma separated."
    )
    topic_prefix: Annotated[str, AfterValidator(_topic_prefix)] = Field(
        default="moderation", description="Topics are named PREFIX.posts, PREFIX.labels and so on."
    )
    group: str = Field(default="tidegate", min_length=1, description="Consumer group of the workers.")
    tasks: Annotated[list[Literal["posts", "symptoms"]], NoDecode, BeforeValidator(_list)] = Field(
        default=["posts", "symptoms"], min_length=1, description="Tasks of this worker, comma separated."
    )
    data_dir: Place = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("tidegate")),
        description="Where workers keep state: author history, by partition. Default: the user's data folder.",
    )
    artifact: Place = Field(default=RELEASE, description="Folder of the model. Default: the release that ships.")
    policy: Place = Field(default=POLICY, description="Policy file. Default: the one that ships.")

    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="`auto` takes a GPU that really runs; `cuda` stops without one."
    )
    threads: int | None = Field(
        default=None, ge=1, le=256, description="Threads of the engine on a CPU. Default: one core is left free."
    )
    engine: Literal["onnx", "null"] = Field(
        default="onnx", description="`null` scores nothing; for measuring the intake."
    )
    cascade: Literal["off", "on"] = Field(
        default="off",
        description="`on`: an early exit answers posts that it finds clean, without sentiment; "
        "stops with a model that has no thresholds for it.",
    )
    max_batch_tokens: int | None = Field(
        default=None,
        ge=256,
        le=1_048_576,
        description="Rows times padded length of a batch. Default: 1,024 on a CPU, 16,384 on a GPU.",
    )
    max_batch_rows: int = Field(default=64, ge=1, le=4096, description="Records in a batch.")
    max_windows: int = Field(
        default=24,
        ge=2,
        le=64,
        description="Parts that are read of a long text; its end is always one.",
    )
    max_in_flight_records: int = Field(
        default=2048, ge=1, le=1_000_000, description="Records between intake and acknowledgement."
    )
    max_in_flight_tokens: int | None = Field(
        default=None,
        ge=256,
        description="Estimated tokens between the same. Default: 1.5 s of work, measured at the start.",
    )
    cache_size: int = Field(default=10_000, ge=0, description="Texts whose scores are remembered; 0 switches it off.")
    max_record_bytes: int = Field(default=1_048_576, ge=1024, description="Larger records become dead letters.")

    max_body_bytes: int = Field(
        default=1_048_576, ge=1024, le=67_108_864, description="Larger requests over HTTP are refused."
    )

    drain_s: float = Field(default=2.0, gt=0, le=60, description="Longest drain at a rebalance or at the end.")
    commit_interval_s: float = Field(default=0.5, gt=0, le=60, description="How often offsets are committed.")
    stuck_after_s: float = Field(default=60.0, gt=0, description="A worker in which nothing moves for so long ends.")
    degrade_after_s: float = Field(
        default=30.0, ge=0, description="Lateness at which answers are degraded; 0 switches it off."
    )
    dead_letter_max_ratio: float = Field(
        default=0.5, ge=0, le=1, description="Share of dead letters in a partition that stops the worker; 0: no limit."
    )
    dead_letter_min_records: int = Field(default=200, ge=1, description="Records over which that share is taken.")
    dead_letter_max_consecutive: int = Field(
        default=100, ge=0, description="Dead letters in a row in a partition that stop the worker; 0: no limit."
    )

    isolation_level: Literal["read_committed", "read_uncommitted"] = Field(
        default="read_committed", description="`read_uncommitted` also reads records of open and aborted transactions."
    )
    metadata_max_age_s: float = Field(
        default=30.0, gt=0, le=300, description="How often topics are looked up; a new partition is read after so long."
    )

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How to talk to the brokers."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", description="With a SASL protocol."
    )
    sasl_username: str | None = Field(default=None, description="With a SASL protocol.")
    sasl_password: SecretStr | None = Field(default=None, description="With a SASL protocol; or give a file.")
    sasl_password_file: Place | None = Field(default=None, description="File that holds the password.")
    ssl_cafile: File | None = Field(
        default=None, description="Certificate authority of the brokers. Default: the system's."
    )
    ssl_certfile: File | None = Field(default=None, description="Client certificate.")
    ssl_keyfile: File | None = Field(default=None, description="Key of the client certificate.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Of our own loggers.")
    log_format: Literal["text", "json"] = Field(default="text", description="Of a log line.")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.security_protocol.startswith("SASL"):
            if self.sasl_password is not None and self.sasl_password_file is not None:
                raise ValueError("give sasl_password or sasl_password_file, not both")
            if self.sasl_username is None or (self.sasl_password is None and self.sasl_password_file is None):
                raise ValueError(f"security_protocol {self.security_protocol} needs sasl_username and sasl_password")
        if self.sasl_password_file is not None:
            object.__setattr__(self, "sasl_password", _secret(self.sasl_password_file))
            object.__setattr__(self, "sasl_password_file", None)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _File(settings_cls)

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Reads all sources; `given` comes from the command line, None meaning not given.

        Raises:
            SettingsError: something is wrong.
        """
        _refuse_unknown_variables(frozenset(cls.model_fields))
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None


class _File(PydanticBaseSettingsSource):
    """The TOML file: the one that TIDEGATE_CONFIG names, else tidegate.toml in this folder if there is one."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        named = os.environ.get(CONFIG_FILE)
        path = Path(named or "tidegate.toml")
        if not named and not path.is_file():
            return {}
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise SettingsError(f"The settings cannot be read from {path}: {error.strerror}.") from None
        except ValueError as error:  # not TOML, not UTF-8
            raise SettingsError(f"The settings cannot be read from {path}: {error}.") from None


def _refuse_unknown_variables(fields: frozenset[str]) -> None:
    for name in sorted(os.environ):
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES or name.startswith(OTHER_PREFIXES):
            continue
        if name.removeprefix(PREFIX).lower() not in fields:
            raise SettingsError(f"{name} is not a setting of tidegate; see docs/settings.md.")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if not name:
        return f"The settings do not fit together: {message}."
    if first["type"] == "extra_forbidden":
        return f"{name} is not a setting of tidegate; see docs/settings.md."
    message = re.sub("^Input should", "it must", message)
    shown = "" if "password" in name else f" is {first['input']!r}"
    return f"Setting {name}{shown}: {message}."
