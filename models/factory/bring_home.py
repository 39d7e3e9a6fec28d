"""What ships of a run, from the machine on which it was trained to the one on which it stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors.torch import load_file, save_file

from models.factory.parts import join_parts, write_parts
from models.factory.stage_names import STAGES, stages_in, teachers_in
from models.training.recipe import RecipeError
from models.training.run_folder import RunFolder
from models.training.small_weights import SMALL, read_small, write_small

_NOTES = (".json", ".jsonl", ".md", ".png", ".txt")


def ship(run: Path, out: Path, stages: Sequence[str], most: int) -> list[Path]:
    """Write the artifact, all reports and the networks of `stages` (by default the last one) as parts.

    Weights are float16, a word table that came in int8 is so again, and what only further training needs, the moments
    of the optimiser and the teacher's answers, stays behind.

    Args:
        stages: `teacher` stands for all of them where several vote.
        most: bytes of a part.

    Raises RecipeError where a network is not there.
    """
    there = [name for name in stages_in(run) if RunFolder(run / name).load_network() is not None]
    chosen = list(stages) or [name for name in STAGES if name in there][-1:]
    if "teacher" in chosen:
        chosen = list(dict.fromkeys([*chosen, *(name for name in teachers_in(run) if name in there)]))
    if not chosen:
        raise RecipeError(f"{run} holds no network yet.")
    if unknown := [name for name in chosen if name not in there]:
        raise RecipeError(f"{run} has no network {', '.join(unknown)}; it has {', '.join(there)}.")
    with TemporaryDirectory() as staging:
        files = list(_notes(run))
        for name in chosen:
            small = Path(staging) / name
            checkpoint = RunFolder(run / name).whole_checkpoint()
            assert checkpoint is not None
            write_small(load_file(checkpoint / "weights.safetensors"), small, lossless=True)
            files += [(small, f"{name}/checkpoint/{SMALL}")]
            files += [(checkpoint / "state.json", f"{name}/checkpoint/state.json")]
        return write_parts(files, out, most)


def _notes(run: Path) -> Iterator[tuple[Path, str]]:
    """Whole artifacts, and the small files of the run and its stages; times go along, which tell what is current."""
    if (run / "artifact").is_dir():
        yield run / "artifact", "artifact"
    for folder in (run, *(run / name for name in stages_in(run))):
        for path in sorted(folder.glob("*")):
            if path.is_file() and path.suffix in _NOTES:
                yield path, path.relative_to(run).as_posix()


def unpack(parts: Path, run: Path) -> Path:
    """A run folder of parts, its weights in float32 again: to export, compare, or train what comes after."""
    join_parts(parts, run)
    for small in sorted(run.glob(f"*/checkpoint/{SMALL}")):
        save_file({name: value.contiguous() for name, value in read_small(small).items()}, _weights(small))
        small.unlink()
    return run


def _weights(small: Path) -> Path:
    return small.with_name("weights.safetensors")
