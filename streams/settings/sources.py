"""Where settings come from beside the command line, and what is said where one of them is wrong."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import PydanticBaseSettingsSource

from models.folders import TRAINING_DATA
from streams.errors import TidegateError

PREFIX = "TIDEGATE_"
CONFIG_FILE = "TIDEGATE_CONFIG"
# For who waits until a worker consumes, or a server answers: then it holds the port. Not there from the end on.
READY_FILE = "TIDEGATE_READY_FILE"
METRICS_PORT_FILE = "TIDEGATE_METRICS_PORT_FILE"  # for who has to know the port that metrics_port 0 chose
# Variables of the same prefix that are no settings; the last are the tests' own.
OTHER_VARIABLES = frozenset({CONFIG_FILE, READY_FILE, METRICS_PORT_FILE, TRAINING_DATA})
OTHER_PREFIX = "TIDEGATE_TEST_"


class SettingsError(TidegateError):
    """A setting is wrong: one sentence that names it, its value and what is allowed."""

    exit_code = 2


class TomlFile(PydanticBaseSettingsSource):
    """The TOML file: the one that TIDEGATE_CONFIG names, else tidegate.toml in this folder if there is one."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        named = os.environ.get(CONFIG_FILE)
        path = Path(named or "tidegate.toml")
        if not named and not path.exists():
            return {}
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise SettingsError(f"The settings cannot be read from {path}: {error.strerror}.") from None
        except ValueError as error:  # not TOML, not UTF-8
            raise SettingsError(f"The settings cannot be read from {path}: {error}.") from None


def refuse_unknown_variables(fields: Collection[str]) -> None:
    """Raises SettingsError for a variable of our prefix that is no field and nobody else's."""
    for name in sorted(os.environ):
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES or name.startswith(OTHER_PREFIX):
            continue
        if name.removeprefix(PREFIX).lower() not in fields:
            raise SettingsError(f"{name} is not a setting of tidegate; see docs/settings.md.")


def sentence(error: ValidationError) -> str:
    """The first fault: the setting, its value, what is allowed. The value of a password is not shown."""
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
