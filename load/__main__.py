"""Load and fault tests: `python -m load bench | run | beside | capacity | intake | swap | dry-run | serve | metrics |
memory | models | profile | simulate | faults | memes | pictures`. Each writes a folder under reports/."""

import typer

from load.commands.bench import bench
from load.commands.beside import beside
from load.commands.capacity import capacity
from load.commands.dry_run import dry_run
from load.commands.intake import intake
from load.commands.memory import memory
from load.commands.metrics import metrics
from load.commands.profile import profile
from load.commands.run import run
from load.commands.serve import serve
from load.commands.swap import swap
from load.faults.command import faults
from load.memes import memes
from load.models import models
from load.pictures import pictures
from load.simulate import simulate

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
for command in (
    models, simulate, faults, memes, pictures,
    run, beside, capacity, intake, swap, dry_run, serve, metrics, memory, profile, bench,
):  # fmt: skip
    app.command()(command)


if __name__ == "__main__":
    app()
