"""`tidegate models`: the model folders on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.evaluate import (
    DeviceOption,
    ThreadsOption,
    open_served,
    progress,
    read_rows,
    scored,
)
from streams.cli.terminal import AsJson, reporting, settings_from

if TYPE_CHECKING:
    from rich.table import Table

    from models.artifact import Artifact, Manifest
    from models.evaluation.comparison import Change, Example, Side
    from models.evaluation.rows import Row
    from models.registry import Summary

_MAIN_FIGURES = ("auroc", "f1", "accuracy", "macro_f1", "quadratic_kappa", "character_f1")
Folder = Annotated[Path, typer.Argument(help="Model folder.")]


def list_(
    folders: Annotated[list[Path] | None, typer.Argument(help="Default: the release, runs/*, the one in use.")] = None,
    as_json: AsJson = False,
) -> None:
    """List model folders, with their main figures as measured at export."""
    with reporting():
        from models.folders import RELEASE
        from models.registry import find_artifacts, summarise

        here = Path.cwd()
        release = RELEASE.relative_to(here) if RELEASE.is_relative_to(here) else RELEASE
        places = folders or [release, Path("runs"), settings_from().artifact]
        found = [summarise(folder) for folder in find_artifacts(places)]
        if as_json:
            for summary in found:
                _print_json(summary.as_dict())
        else:
            _show_list(found)


def show(folder: Folder, as_json: AsJson = False) -> None:
    """Show what a manifest says: heads, thresholds, sources, figures. Files are not checked; `verify` does that."""
    with reporting():
        from models.artifact import read_manifest

        manifest = read_manifest(folder)
        if as_json:
            _print_json({"folder": str(folder), **manifest.model_dump(mode="json")})
        else:
            _show_manifest(folder, manifest)


def verify(folder: Folder, device: DeviceOption = None, threads: ThreadsOption = None, as_json: AsJson = False) -> None:
    """Check hashes, load the model, and ask it its golden cases, as a worker does before it serves."""
    with reporting():
        from streams.cli.verified import verified

        settings = settings_from(artifact=folder, device=device, threads=threads)
        problem, report = verified(settings.artifact, settings.device, settings.threads)
        if as_json:
            _print_json({"folder": str(folder), "ok": problem is None, "problem": problem, **report})
        elif problem is None:
            typer.echo("Good: {version}, {files} hashes, {golden_cases} golden cases on {device}.".format(**report))
        if problem is not None:
            typer.echo(f"tidegate: {problem}", err=True)
            raise typer.Exit(1)


def diff(
    a: Annotated[Path, typer.Argument(help="Model folder A.")],
    b: Annotated[Path, typer.Argument(help="Model folder B.")],
    data: Annotated[
        list[Path] | None, typer.Option(help="Table with a column text; default: the golden cases.", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows, picked by a fixed seed.")] = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    as_json: AsJson = False,
) -> None:
    """What two manifests say differently, and on which posts the two models decide differently."""
    with reporting():
        from models.evaluation.comparison import compare, examples
        from models.registry import differences

        rows: list[Row] = []
        sides: list[Side] = []
        with progress() as bar:
            for folder in (a, b):
                served = open_served(artifact=folder, device=device, threads=threads)
                if not rows:
                    rows = _sample(read_rows(data, served, labelled=False) if data else _golden(served.artifact), limit)
                sides.append((served.artifact, scored(rows, served, bar, f"scoring {folder.name}")))
        said = list(differences(sides[0][0].manifest, sides[1][0].manifest))
        first, second = sides
        _show_diff(said, compare(rows, first, second), examples(rows, first, second), as_json)


def _golden(artifact: Artifact) -> list[Row]:
    from models.evaluation.rows import Row
    from models.text import detect_language

    return [Row(case.text, case.task, detect_language(case.text)) for case in artifact.golden().cases]


def _sample(rows: list[Row], limit: int | None) -> list[Row]:
    if limit is None or len(rows) <= limit:
        return rows
    from random import Random

    return Random(0).sample(rows, limit)  # noqa: S311


def _show_list(found: Sequence[Summary]) -> None:
    from streams.cli.tables import plain_table, shown, wide_console

    names = list(dict.fromkeys(name for one in found for name in one.dev or {}))
    table = plain_table("", ["folder", "name", "version", "created"], ["MB", "layers", "vocabulary", *names])
    for one in found:
        if one.problem:
            table.add_row(one.folder, "cannot be read", style="red")
            continue
        numbers = (one.megabytes, one.layers, one.vocabulary, *((one.dev or {}).get(name) for name in names))
        table.add_row(one.folder, one.name, one.version, one.created[:10], *map(shown, numbers))
    wide_console().print(table if found else "No model folders here.")


def _show_manifest(folder: Path, manifest: Manifest) -> None:
    from models.registry import megabytes, rows_by_tier
    from streams.cli.tables import nested_table, plain_table, shown, wide_console

    console = wide_console()
    console.print(
        f"{manifest.name} {manifest.full_version}, made {manifest.created}, {megabytes(folder, manifest):g} MB"
    )
    console.print(f"base {manifest.base or 'unknown'}, quantisation {manifest.quantisation or 'none'}")
    console.print(f"at most {manifest.max_tokens} tokens; licence: {manifest.licence or 'not said'}\n")
    heads = plain_table("heads", ["head", "kind", "labels"], [])
    for name, head in manifest.heads.items():
        heads.add_row(name, head.kind, ", ".join(head.labels[:8]) + (", ..." if len(head.labels) > 8 else ""))
    thresholds = [("thresholds", manifest.thresholds)] if not manifest.operating_points else []
    thresholds += [(f"thresholds, {name}", point.thresholds) for name, point in manifest.operating_points.items()]
    tiers = sorted({source.tier for source in manifest.sources})
    sources = plain_table("training rows by licence tier", ["task"], tiers)
    for task, rows in rows_by_tier(manifest).items():
        sources.add_row(task, *(shown(rows.get(tier)) for tier in tiers))
    dev = manifest.metrics.get("dev", {})
    tables = [heads, *(_threshold_table(*one) for one in thresholds), *([sources] if tiers else [])]
    tables += [nested_table(f"dev: {head}", dev[head]) for head in ("post", "early_post") if head in dev]
    others = {head: dev[head] for head in ("spans", "sentiment", "condition", "urgency") if head in dev}
    tables += [nested_table("dev: other heads", others)] if others else []
    for table in tables:
        console.print(table, "")


def _threshold_table(title: str, thresholds: Mapping[str, Mapping[str, float]]) -> Table:
    from streams.cli.tables import plain_table, shown

    langs = sorted({lang for by_language in thresholds.values() for lang in by_language})
    table = plain_table(title, ["label"], langs)
    for label, by_language in thresholds.items():
        table.add_row(label, *(shown(by_language.get(lang)) for lang in langs))
    return table


def _show_diff(
    said: Sequence[tuple[str, Any, Any]], changes: Sequence[Change], found: Sequence[Example], as_json: bool
) -> None:
    if as_json:
        manifest = [{"what": what, "a": first, "b": second} for what, first, second in said]
        _print_json({"manifest": manifest, "decisions": [asdict(change) for change in changes]})
        return
    from streams.cli.tables import change_table, example_table, plain_table, shown, wide_console

    console = wide_console()
    table = plain_table("manifests", ["what"], ["A", "B"])
    for what, first, second in filter(_is_telling, said):
        table.add_row(what, shown(first), shown(second))
    console.print(table if said else "The manifests say the same.", "")
    console.print(change_table(changes))
    if found and console.is_terminal:  # texts of strangers: not into a file or a log
        console.print("", example_table(found))


def _is_telling(fact: tuple[str, Any, Any]) -> bool:
    """Of the figures, the first ones of what ships: a manifest holds hundreds, and JSON shows them all."""
    what = fact[0].split("/")
    return what[0] != "metrics" or (what[1:3] != ["dev", "early_post"] and what[-1] in _MAIN_FIGURES)


def _print_json(document: dict[str, Any]) -> None:
    import orjson

    typer.echo(orjson.dumps(document))
