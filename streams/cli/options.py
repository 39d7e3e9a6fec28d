"""Options that several commands share, said once: the fields of a dataclass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Shows typer each field of a dataclass in the place of the parameter that takes the dataclass.

    A field is annotated as an option of typer is, and its default is the option's. A subclass that gives a field
    another default leaves it in its place, so `--help` shows the options in the order of the code.
    """
    parameters = signature(command, eval_str=True).parameters.values()
    groups: dict[str, Any] = {each.name: each.annotation for each in parameters if is_dataclass(each.annotation)}

    @wraps(command)
    def gathering(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        command(**given)

    options: list[Parameter] = []
    for each in parameters:
        options += _options(groups[each.name]) if each.name in groups else [each.replace(kind=Parameter.KEYWORD_ONLY)]
    gathering.__signature__ = Signature(options)  # type: ignore[attr-defined]
    return gathering


def _options(group: Any) -> Iterator[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        default = Parameter.empty if field.default is MISSING else field.default
        yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
