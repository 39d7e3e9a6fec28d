"""Sources as a picture: what each adds on its own rows against what it adds elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.evaluation.resampling import Figure
from models.factory.source_probes import HELPS, HURTS, ONLY_ITSELF, Worth
from models.training.recipe import RecipeError

_COLUMNS: Final = 4
_COLOURS: Final = {HURTS: "tab:red", ONLY_ITSELF: "tab:orange", HELPS: "tab:green"}


def draw_sources(found: Sequence[Worth], path: Path) -> None:
    """One panel a label: right is what only the source itself gains, up what others do. Raises RecipeError where there
    is nothing to draw or the file cannot be written."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    labels = list(dict.fromkeys(one.label for one in found))
    if not labels:
        raise RecipeError("There is nothing to draw: no source has enough rows of either kind of a label.")
    lines = -(-len(labels) // _COLUMNS)
    figure, axes = pyplot.subplots(lines, _COLUMNS, figsize=(18, 5 * lines), squeeze=False, layout="constrained")
    for axis, label in zip(axes.flat, labels, strict=False):
        axis.axhline(0, color="grey", linewidth=0.7)
        axis.axvline(0, color="grey", linewidth=0.7)
        for one in found:
            if one.label == label and (elsewhere := _elsewhere(one)) is not None:
                reach = [[elsewhere.value - elsewhere.low], [elsewhere.high - elsewhere.value]]
                colour = next((colour for word, colour in _COLOURS.items() if word in one.says), "grey")
                axis.errorbar([one.itself.value], [elsewhere.value], yerr=reach, fmt="o", markersize=4, color=colour)
                axis.annotate(one.source, (one.itself.value, elsewhere.value), fontsize=6)
        axis.set(title=label, xlabel="points on its own rows", ylabel="points on sets of other origins")
    for axis in axes.flat[len(labels) :]:
        axis.set_visible(False)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:  # no such folder; a suffix that is no picture
        raise RecipeError(f"The picture cannot be written to {path}: {error}.") from None
    finally:
        pyplot.close(figure)


def _elsewhere(one: Worth) -> Figure | None:
    """On sets of other origins, where there are any for the label, else on the other sources."""
    return one.suite or one.others
