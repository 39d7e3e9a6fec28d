"""Finds and reads the file of a recipe, and the data folder that it is run on."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.folders import TRAINING_DATA
from models.training.pictures.recipe import PictureRecipe
from models.training.recipe import Operating, Recipe, RecipeError
from models.training.row_file import ROWS

_MOST_EXTENSIONS = 5
RECIPES = Path(__file__).parent / "recipes"


def read_recipe(path: Path) -> Recipe:
    """Read a recipe by path (TOML, or the JSON that a run folder keeps), or by the name of one in `recipes/`.

    A recipe may extend another (`extends = "release"`, or a file, from its own folder on): tables are merged, other
    values replaced, `drop` left out.
    """
    recipe = read_any_recipe(path)
    if isinstance(recipe, PictureRecipe):
        raise RecipeError(f"The recipe {path} is one of pictures, which `tidegate train` alone takes.")
    return recipe


def read_any_recipe(path: Path) -> Recipe | PictureRecipe:
    """As `read_recipe`, and of pictures where it says `kind = "pictures"`."""
    try:
        document = _read_document(path)
        return (PictureRecipe if document.get("kind") == "pictures" else Recipe).model_validate(document)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, ValidationError) as error:
        reason = "; ".join(str(error).splitlines()[:3])
        raise RecipeError(f"The recipe {path} cannot be used: {reason}") from None


def _read_document(path: Path, depth: int = 0) -> dict[str, Any]:
    source = path if path.is_file() else RECIPES / f"{path.name}.toml"
    if not source.is_file():
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise RecipeError(f"There is no recipe {path}; the recipes that ship are {known}.")
    if depth > _MOST_EXTENSIONS:
        raise RecipeError(f"The recipe {path} extends itself, or too many others.")
    text = source.read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text) if source.suffix == ".json" else tomllib.loads(text)
    parent = document.pop("extends", None)
    dropped = document.pop("drop", [])
    if parent is None:
        return document
    beside = source.parent / parent
    inherited = _read_document(beside if beside.is_file() else Path(parent), depth + 1)
    for name in dropped:
        _drop(inherited, name.split("."))
    return _merge(inherited, document)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if both else value
    return merged


def _drop(document: dict[str, Any], path: list[str]) -> None:
    """Remove a key, named by its path; one that is not there is a mistake of the recipe."""
    *parents, last = path
    for name in parents:
        document = document.get(name, {})
    if document.pop(last, None) is None:
        raise RecipeError(f"A recipe drops {'.'.join(path)}, which the one that it extends does not have.")


def find_data(folder: Path | None) -> Path:
    """The data folder: the argument, else the environment variable TIDEGATE_TRAINING_DATA."""
    chosen = folder or (Path(os.environ[TRAINING_DATA]) if os.environ.get(TRAINING_DATA) else None)
    if chosen is None:
        raise RecipeError(f"Say where the training data is: --data FOLDER or {TRAINING_DATA}.")
    if (chosen / ROWS).is_file():
        return chosen
    if not any(chosen.glob("*/train.parquet")) and not any(chosen.glob("*/train.jsonl")):
        raise RecipeError(f"{chosen} holds no table such as posts/train.parquet, so it is not a training data folder.")
    return chosen


def find_suite(data: Path, rules: Operating) -> list[Path]:
    """What the artifact is fitted to. RecipeError where it is not there: better before the training than after."""
    places = [data.absolute().parent / name for name in rules.suite]
    if missing := [place for place in places if not place.exists()]:
        raise RecipeError(f"The recipe's [operating] names {missing[0]}, which is not there.")
    return places
