"""The table of docs/settings.md. `python -m tests.contract.settings_table` writes it anew."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from pydantic.fields import FieldInfo

from models.folders import RELEASE
from streams.policy import POLICY
from streams.settings import Settings
from streams.tasks import declared
from streams.tasks.symptoms import PROTOCOL

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
TABLE = re.compile(r"(<!-- settings[^>]*-->\n)(.*)(\n<!-- /settings -->)", re.DOTALL)


def settings_table() -> str:
    """What the page has to hold between its two marks."""
    rows = [
        f"| `{name}` | {_default(name, field)} | {_allowed(name, field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| name | default | allowed | what |", "| --- | --- | --- | --- |", *rows])


def _default(name: str, field: FieldInfo) -> str:
    """Empty for what depends on the machine or on where the package lies; the description tells it."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is None or default == [] or name == "data_dir" or default in (RELEASE, POLICY, PROTOCOL):
        return ""
    return f"`{','.join(default) if isinstance(default, list) else default}`"


def _allowed(name: str, field: FieldInfo) -> str:
    if name == "tasks":
        return ", ".join(f"`{task}`" for task in declared())
    choices = re.search(r"Literal\[(.*?)\]", str(field.annotation))
    if choices:
        return ", ".join(f"`{ast.literal_eval(choice)}`" for choice in choices[1].split(", "))
    bounds = {sign: getattr(limit, name) for limit in field.metadata for name, sign in _SIGNS if hasattr(limit, name)}
    return ", ".join(f"{sign} {bound:,}" for sign, bound in bounds.items())


_SIGNS = (("gt", "above"), ("ge", "from"), ("le", "up to"))


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    PAGE.write_text(TABLE.sub(lambda found: f"{found[1]}{settings_table()}{found[3]}", page), "utf-8")
