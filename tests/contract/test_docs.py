"""The pages of docs/ say what the code says, their links lead somewhere, and the site can be built of them."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import BaseModel

from schemas import Post, Reason, SymptomRecord
from schemas.reasons import BLAMED
from schemas.symptoms import Context as SymptomContext
from schemas.symptoms import Vitals
from schemas.verdicts import TimingsMs
from streams.kafka.topics import kinds
from tests.contract import metrics_tables
from tests.contract.settings_table import PAGE, TABLE, settings_table
from tests.contract.test_imports import ROOMS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md"), ROOT / "models/README.md", ROOT / "load/README.md"])
MESSAGES = (DOCS / "messages.md").read_text("utf-8")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def test_the_settings_table_lists_every_setting_with_its_default_and_meaning() -> None:
    found = TABLE.search(PAGE.read_text("utf-8"))
    assert found is not None
    assert found[2] == settings_table(), "run: python -m tests.contract.settings_table"


def test_the_tables_of_metrics_list_every_metric_and_every_word() -> None:
    found = {name: table for _, name, table, _ in metrics_tables.TABLE.findall(metrics_tables.PAGE.read_text("utf-8"))}
    assert found == metrics_tables.tables(), "run: python -m tests.contract.metrics_tables"


@pytest.mark.parametrize("record", [Post, SymptomRecord, Vitals, SymptomContext])
def test_every_field_of_what_comes_in_is_told(record: type[BaseModel]) -> None:
    told = set(re.findall(r"`([a-z_]+)`", MESSAGES[MESSAGES.index("## What comes in") : MESSAGES.index("## A post's")]))
    assert told >= record.model_fields.keys()


def test_the_topics_table_lists_every_topic() -> None:
    assert set(re.findall(r"^\| `moderation\.([a-z-]+)` \|", MESSAGES, re.MULTILINE)) == set(kinds())


def test_the_table_of_reasons_lists_every_reason_and_who_is_blamed() -> None:
    table = MESSAGES.split("## Dead letters")[1]
    told = re.findall(r"^\| `([a-z0-9_]+)` \|.*\| ([a-z]+)[^|]*\|$", table, re.MULTILINE)
    assert told == [(reason.value, BLAMED[reason]) for reason in Reason]


def test_the_table_of_timings_lists_every_timing() -> None:
    table = MESSAGES.split("### Timings")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE) == list(TimingsMs.model_fields)


def test_the_table_of_rooms_is_the_one_that_is_tested() -> None:
    found = re.search(
        r"<!-- rooms.*?-->\n(.*)\n<!-- /rooms -->", (DOCS / "architecture.md").read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    rows = [line.split("|")[2:4] for line in found[1].splitlines()[2:]]
    for column, layer in enumerate(("streams", "models")):
        shown = [tuple(re.findall(r"`(\w+)`", row[column])) for row in reversed(rows)]
        assert [floor for floor in shown if floor] == list(ROOMS[layer])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", _CODE.sub("`", page.read_text("utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target), link


def _anchors(page: Path) -> set[str]:
    """Of the headings, as GitHub and MkDocs name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_each_page_stands_in_the_navigation_once() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")[1]
    pages = re.findall(r"(\S+\.md)$", navigation, re.MULTILINE)
    assert len(pages) > 20
    assert sorted(pages) == sorted(set(pages))


@pytest.mark.skipif(find_spec("material") is None, reason="needs the extra `docs`")
def test_the_site_can_be_built(tmp_path: Path) -> None:
    """Strictly: pages outside of the navigation and dead links are errors. With --quiet it would not count them."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    for page in DOCS.glob("*.md"):
        assert (tmp_path / "site" / page.with_suffix(".html").name).exists(), page.name
