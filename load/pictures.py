"""`python -m load pictures`: pictures a second and core, with their text read and without."""

import random
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from load.environment import describe_environment
from load.options import Reports
from load.report import Report, new_folder
from load.session import Setup

if TYPE_CHECKING:
    from models.pictures.look import Looker

SIDES = {"0.2 MP": (500, 375), "2 MP": (1600, 1200), "12 MP": (4000, 3000)}


def pictures(
    count: Annotated[int, typer.Option(min=2, help="of each size, half of them with text")] = 20,
    seed: Annotated[int, typer.Option(help="the same seed draws the same pictures")] = 1,
    reports: Reports = Path("reports"),
) -> None:
    """Pictures a second and core: decoded, hashed and checked, and with OCR on top. Processor time, one thread."""
    from load.drawing import as_jpeg, outlined_capitals, scene  # Pillow is no part of the load extra
    from models.pictures.look import Looker

    looker = Looker()
    looker.open()
    chance = random.Random(seed)  # noqa: S311 - variety, not secrets
    report = Report("Pictures", f"python -m load pictures --count {count}", describe_environment(Setup()))
    rows = []
    for name, size in SIDES.items():
        for has_words in (False, True):
            draw = (lambda: outlined_capitals("the bus was late again today", "en", chance)) if has_words else None
            files = [as_jpeg((draw() if draw else scene(chance)).resize(size)) for _ in range(count // 2)]
            rates = [_rate(looker, files, reads_words) for reads_words in (False, True)]
            rows.append((name, "text" if has_words else "none", *(round(rate, 1) for rate in rates)))
    report.table(["size", "in it", "a second and core", "with OCR"], rows)
    report.data["rates"] = rows
    report.data["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    report.say(f"Most resident memory: {report.data['peak_mb']} MB.")
    report.write(new_folder(reports, "pictures"))
    report.show()


def _rate(looker: "Looker", files: list[bytes], reads_words: bool) -> float:
    looker(files[0], reads_words)  # warms up
    began = time.process_time()
    for file in files:
        looker(file, reads_words)
    return len(files) / (time.process_time() - began)
