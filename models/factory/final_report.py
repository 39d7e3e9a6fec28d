"""The report of a whole run: every network and the linear models side by side, then how each stage learned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.factory.ablation import ablation_table
from models.factory.compare import largest_loss, summary, summary_table
from models.factory.stage_names import stages_in
from models.training.run_folder import RunFolder


def write_final_report(out: Path) -> Path:
    """Write `report.md` of a run folder from what its stages left there."""
    rows = quality_rows(out)
    run = RunFolder(out)
    parts = [f"# {run.title()}", "", "## Quality on dev, in points", "", summary_table(rows)]
    if "teacher" in rows:
        for name in ("distilled", "int8"):
            worst = largest_loss(rows["teacher"], rows.get(name, {}))
            if worst is not None:
                parts.append(f"Largest loss of {name} against the teacher: {worst[1]} points ({worst[0]}).\n")
    if (out / "ablations").is_dir():
        parts += ["## Ablations", "", *ablations(out / "ablations")]
    parts += ["## Stages", ""]
    parts += [f"- [{name}]({name}/report.md)" for name in stages_in(out) if (out / name / "report.md").is_file()]
    if run.corpus.is_file():
        corpus: Mapping[str, Any] = json.loads(run.corpus.read_text(encoding="utf-8"))
        parts += ["", "## Dropped", "", *(f"- {why}: {count:,}" for why, count in sorted(corpus["dropped"].items()))]
    path = out / "report.md"
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return path


def quality_rows(out: Path) -> dict[str, dict[str, float]]:
    """{network: short figures}: the trained networks, the linear models, and what ships."""
    manifest = out / "artifact" / "manifest.json"
    if manifest.is_file():
        rows: dict[str, dict[str, float]] = json.loads(manifest.read_text())["metrics"]["comparison"]
        return rows
    known = RunFolder(out).comparison
    return {name: summary(f) for name, f in json.loads(known.read_text()).items()} if known.is_file() else {}


def ablations(folder: Path) -> list[str]:
    """The tables of all ablations that were run."""
    kept = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return [ablation_table(document["title"].capitalize(), document["rows"]) for document in kept]
