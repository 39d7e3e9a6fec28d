"""Settings, from the command line, the environment, a TOML file and defaults, in this order.

Every field below is a variable `TIDEGATE_<NAME>` and a key `<name>` of the TOML file. A wrong one stops the start.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

import platformdirs
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from models.folders import RELEASE
from streams.policy import POLICY
from streams.settings.fields import (
    Addresses,
    File,
    PictureModels,
    TaskNames,
    TopicPrefix,
    UserPath,
    read_key,
    read_secret,
)
from streams.settings.sources import PREFIX, SettingsError, TomlFile, refuse_unknown_variables, sentence
from streams.tasks import declared
from streams.tasks.symptoms import PROTOCOL


class Settings(BaseSettings):
    """What a worker, a client or a command needs to know."""

    # An error may hold the whole input, and with it the password: it is never shown.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    brokers: Addresses = Field(default="localhost:9092", description="Kafka brokers, host:port, comma separated.")
    topic_prefix: TopicPrefix = Field(
        default="moderation", description="Topics are named PREFIX.posts, PREFIX.labels and so on."
    )
    group: str = Field(default="tidegate", min_length=1, description="Consumer group of the workers.")
    tasks: TaskNames = Field(
        default_factory=lambda: list(declared()), min_length=1, description="Tasks of this worker, comma separated."
    )
    data_dir: UserPath = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("tidegate")),
        description="Where workers keep state: author history, by partition. Default: the user's data folder.",
    )
    author_state: Literal["off", "disk", "topic"] = Field(
        default="disk",
        description="Where strikes of authors are kept: not over a restart, in `data_dir`, or in the topic "
        "PREFIX.authors, for whoever takes a partition over; that needs `author_key_file`.",
    )
    author_key_file: File | None = Field(
        default=None,
        description="File with a secret under which authors are hashed, the same for all workers. "
        "Default: one is made in `data_dir`.",
    )
    shared_waves: Literal["off", "on"] = Field(
        default="off",
        description="`on`: waves are counted over all workers, not in each, by way of the topic PREFIX.waves: "
        "a message more for a post, of some 600 bytes; needs `author_key_file`.",
    )
    artifact: UserPath = Field(default=RELEASE, description="Folder of the model. Default: the release that ships.")
    policy: UserPath = Field(default=POLICY, description="Policy file. Default: the one that ships.")
    protocol: UserPath = Field(default=PROTOCOL, description="Triage protocol. Default: the one that ships.")
    review_share: float = Field(
        default=0.001, ge=0, le=1, description="Share of the allowed posts that are drawn for a review; 0: none."
    )

    control: Literal["off", "on"] = Field(
        default="off",
        description="`on`: the control topic says which model, policy and tasks are active, these settings the rest.",
    )

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
    max_batch_rows: int | None = Field(
        default=None, ge=1, le=4096, description="Records in a batch. Default: 64 on a CPU, 1,024 on a GPU."
    )
    max_windows: int = Field(
        default=24,
        ge=2,
        le=64,
        description="Parts that are read of a long text; its end is always one. Of twice as many, the early exit "
        "reads those that it finds clean.",
    )
    max_in_flight_records: int = Field(
        default=2048, ge=1, le=1_000_000, description="Records between intake and the release of their offsets."
    )
    max_in_flight_tokens: int | None = Field(
        default=None,
        ge=256,
        description="Estimated tokens between intake and acknowledgement. "
        "Default: 1.5 s of work, measured at the start.",
    )
    cache_size: int = Field(default=10_000, ge=0, description="Texts whose scores are remembered; 0 switches it off.")
    max_record_bytes: int = Field(default=1_048_576, ge=1024, description="Larger records become dead letters.")

    images: Literal["off", "on"] = Field(
        default="off", description="`on`: pictures of records are looked at; needs `pip install 'tidegate[images]'`."
    )
    image_words: Literal["on", "off"] = Field(
        default="on", description="Whether text in the pictures of posts is read and judged."
    )
    image_store: str | None = Field(
        default=None, description="What references lead into: a folder, or an address of an object store (fsspec)."
    )
    image_processes: int = Field(default=1, ge=1, le=64, description="Child processes that look at pictures.")
    known_images: File | None = Field(default=None, description="List of known pictures (CSV).")
    image_models: PictureModels = Field(
        default_factory=list,
        description="Picture classifiers, comma separated: folders, or ADDRESS@SHA256 with the hash of the manifest.",
    )
    max_body_bytes: int = Field(
        default=1_048_576, ge=1024, le=67_108_864, description="Larger requests over HTTP are refused."
    )

    drain_s: float = Field(
        default=3.0,
        gt=0,
        le=60,
        description="Longest drain at a rebalance or at the end; at a third of it what is not begun is given back.",
    )
    commit_interval_s: float = Field(default=0.5, gt=0, le=60, description="How often offsets are committed.")
    stuck_after_s: float = Field(
        default=60.0,
        gt=0,
        allow_inf_nan=True,
        description="A worker in which nothing moves for so long ends; `inf`: it stays, and says so at the start.",
    )
    degrade_after_s: float = Field(
        default=30.0,
        ge=0,
        description="Lateness at which answers are degraded, but for records of a day and more; 0 switches it off.",
    )
    dead_letter_max_ratio: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of dead letters in a partition that stops the worker; what people wrote does not count; "
        "0: no limit.",
    )
    dead_letter_min_records: int = Field(default=200, ge=1, description="Records over which that share is taken.")
    dead_letter_max_consecutive: int = Field(
        default=100,
        ge=0,
        description="Dead letters in a row in a partition that stop the worker, counted likewise; 0: no limit.",
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
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = Field(
        default="PLAIN", description="With a SASL protocol."
    )
    sasl_username: str | None = Field(default=None, description="With a SASL protocol.")
    sasl_password: SecretStr | None = Field(default=None, description="With a SASL protocol; or give a file.")
    sasl_password_file: UserPath | None = Field(default=None, description="File that holds the password.")
    sasl_token_file: UserPath | None = Field(
        default=None, description="File that holds the token of OAUTHBEARER; read for each connection."
    )
    ssl_cafile: File | None = Field(
        default=None, description="Certificate authority of the brokers. Default: the system's."
    )
    ssl_certfile: File | None = Field(default=None, description="Client certificate.")
    ssl_keyfile: File | None = Field(default=None, description="Key of the client certificate.")

    metrics_port: int | None = Field(
        default=None, ge=0, le=65_535, description="Port of `/metrics`, `/livez`, `/readyz`; 0: any. Default: none."
    )
    metrics_host: str = Field(default="127.0.0.1", min_length=1, description="Address that it is opened at.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Of our own loggers.")
    log_format: Literal["text", "json"] = Field(default="text", description="Of a log line.")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.security_protocol.startswith("SASL") and self.sasl_mechanism == "OAUTHBEARER":
            if self.sasl_token_file is None:
                raise ValueError("sasl_mechanism OAUTHBEARER needs sasl_token_file")
        elif self.security_protocol.startswith("SASL"):
            if self.sasl_token_file is not None:
                raise ValueError("sasl_token_file is for sasl_mechanism OAUTHBEARER")
            if self.sasl_password is not None and self.sasl_password_file is not None:
                raise ValueError("give sasl_password or sasl_password_file, not both")
            if self.sasl_username is None or (self.sasl_password is None and self.sasl_password_file is None):
                raise ValueError(f"security_protocol {self.security_protocol} needs sasl_username and sasl_password")
        if self.image_models and self.images == "off":
            raise ValueError("image_models needs images = on")
        if self.sasl_password_file is not None:
            object.__setattr__(self, "sasl_password", read_secret(self.sasl_password_file))
            object.__setattr__(self, "sasl_password_file", None)
        if self.author_key_file is not None:
            read_key(self.author_key_file)
        elif self.author_state == "topic":
            raise ValueError("author_state topic needs author_key_file")
        elif self.shared_waves == "on":
            raise ValueError("shared_waves on needs author_key_file")
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
        return init_settings, env_settings, TomlFile(settings_cls)

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Reads all sources; `given` comes from the command line, None meaning not given.

        Raises:
            SettingsError: something is wrong.
        """
        refuse_unknown_variables(cls.model_fields)
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            raise SettingsError(sentence(error)) from None
