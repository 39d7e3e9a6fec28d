"""Who may import whom: schemas <- models <- streams <- load; Faust in three modules, torch in the factory alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping, Set
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("schemas", "models", "streams", "load")
FAUST = ("streams/worker/faust_app.py", "streams/worker/agents.py", "streams/worker/faust_consumer.py")
FACTORY = ("models/augmentation/", "models/compression/", "models/factory/", "models/screening/", "models/training/")
TORCH = ("models/compression/", "models/factory/", "models/training/")
TORCH_PEER = "load/peers/torch_pipeline.py"
HEAVY = ("torch", "transformers", "pandas", "sklearn", "skimage", "pyarrow", "matplotlib")
SERVING = (
    "streams.settings",
    "streams.cli.app",
    "schemas.generate",
    "streams.client",
    "streams.score",
    "streams.worker.life",
    "streams.gateway.life",
)
"""The last one alone has an HTTP server."""

Import = tuple[str, str]  # file, module


@cache
def imports() -> tuple[Import, ...]:
    return tuple(_imports())


def _imports() -> Iterator[Import]:
    """Every import in the code, those inside functions and under TYPE_CHECKING included."""
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            file = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    yield from ((file, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{file}: a relative import hides its layer"
                    yield file, node.module or ""


def _users(*packages: str) -> set[str]:
    """Files that import one of these top-level packages."""
    return {file for file, module in imports() if module.split(".")[0] in packages}


def test_the_scan_sees_imports() -> None:
    assert _users("faust") == set(FAUST)
    assert {layer for layer in LAYERS if any(file.startswith(layer) for file, _ in imports())} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_go_one_way(layer: str) -> None:
    forbidden = set(LAYERS[LAYERS.index(layer) + 1 :]) | {"tests"}
    wrong = [
        f"{file} imports {module}"
        for file, module in imports()
        if file.startswith(f"{layer}/") and module.split(".")[0] in forbidden
    ]
    assert wrong == []


ROOMS = {
    "streams": (
        ("errors", "feed", "history", "leash", "positions", "record"),
        ("sources",),
        ("pictures",),
        ("policy",),
        ("reviews", "tasks"),
        ("settings",),
        ("kafka", "health", "model"),
        ("pipeline", "client"),
        ("control",),
        ("score", "worker", "quality"),
        ("gateway",),
        ("cli",),
    ),
    "models": (
        ("characters", "early_exit", "errors", "false_alarms", "folders", "labels"),
        ("graph_check", "model_files", "text"),
        ("artifact", "examples"),
        ("registry", "serving", "pictures"),
        ("complaint",),
        ("augmentation", "screening"),
        ("evaluation",),
        ("training",),
        ("compression",),
        ("factory",),
    ),
}
"""From the ground up. A room may import from lower floors alone: no arrow upwards, none to a neighbour, no circle."""


def _room(name: str) -> str:
    """The room of a file or module inside of its layer; the layer's own name for what stands at its door."""
    return name.removesuffix(".py").replace("/", ".").split(".")[1]


@pytest.mark.parametrize("layer", ROOMS)
def test_rooms_import_from_lower_floors_alone(layer: str) -> None:
    floors = {room: floor for floor, rooms in enumerate(ROOMS[layer]) for room in rooms}
    pairs = {
        (_room(file), _room(module))
        for file, module in imports()
        if file.startswith(f"{layer}/") and module.startswith(f"{layer}.") and not file.endswith(f"{layer}/__init__.py")
    }
    assert {room for pair in pairs for room in pair} == set(floors), "a room without a floor, or a floor without a room"
    assert [f"{a} imports {b}" for a, b in sorted(pairs) if a != b and floors[a] <= floors[b]] == []


def test_faust_stays_in_three_modules() -> None:
    assert _users("faust", "mode") <= set(FAUST)


def test_schemas_need_pydantic_and_orjson_alone() -> None:
    needed = {module.split(".")[0] for file, module in imports() if file.startswith("schemas/")}
    assert needed - set(sys.stdlib_module_names) <= {"schemas", "pydantic", "pydantic_core", "orjson"}


def test_the_gateway_knows_no_kafka_client() -> None:
    """Who sends to topics is a module of its own, and the one that runs the server names the topics."""
    users = _users("aiokafka", "confluent_kafka", "faust", "mode")
    assert not [file for file in users if file.startswith("streams/gateway/")]
    users = {file for file, module in imports() if module.startswith(("streams.client", "streams.kafka"))}
    assert {file for file in users if file.startswith("streams/gateway/")} == {
        "streams/gateway/kafka_sender.py", "streams/gateway/life.py",
    }  # fmt: skip


def test_the_http_server_stays_in_the_gateway() -> None:
    assert all(file.startswith("streams/gateway/") for file in _users("starlette", "uvicorn"))


@cache
def loaded() -> Mapping[str, Set[str]]:
    """What is loaded after each module of SERVING, imported one after the other in a single process. What one of them
    loads is there after those that follow as well, so whatever must be absent is asked of more than was needed.
    """
    code = "import sys\nfor name in sys.argv[1:]: __import__(name); print(*sys.modules)"
    command = [sys.executable, "-c", code, *SERVING]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    return {name: set(line.split()) for name, line in zip(SERVING, done.stdout.splitlines(), strict=True)}


@pytest.mark.parametrize("module", SERVING[:-1])
def test_nothing_else_loads_the_http_server(module: str) -> None:
    assert not {"starlette", "uvicorn"} & loaded()[module]


def test_models_know_nothing_of_kafka() -> None:
    users = _users("aiokafka", "confluent_kafka", "faust", "mode")
    assert not [file for file in users if file.startswith(("models/", "schemas/"))]


def test_torch_stays_where_models_are_made() -> None:
    """And in the one program that `load bench` measures as an alternative."""
    assert all(file.startswith((*TORCH, TORCH_PEER)) for file in _users("torch", "transformers"))


def test_serving_code_does_not_import_the_factory() -> None:
    wrong = [
        f"{file} imports {module}"
        for file, module in imports()
        if f"{module.replace('.', '/')}/".startswith(FACTORY)
        and not file.startswith(FACTORY)
        and not file.startswith("streams/cli/factory/")  # `train`, `export`, `models half` and others: inside
        and file not in ("load/reference_model.py", "load/linear_model.py")  # what ours is measured beside
        and file != "streams/cli/triage_findings.py"  # the same
        and file != "streams/cli/graded.py"  # grades the records that training left out; inside the command
        and file != "load/memes.py"  # draws sentences that training left out
        and file != "models/evaluation/robustness.py"  # measures with the deformations of training; serves nobody
    ]
    assert wrong == []


@pytest.mark.parametrize("module", SERVING)
def test_what_serves_loads_nothing_heavy(module: str) -> None:
    assert module in loaded()[module]
    assert not set(HEAVY) & loaded()[module]


def test_the_command_line_starts_without_the_service() -> None:
    """`tidegate --help` answers at once: what is heavy is imported inside the commands."""
    code = "import sys; import streams.cli.app as a; a.build_app(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    assert not {"faust", "onnxruntime", "numpy", "aiokafka"} & set(done.stdout.split())


def test_settings_are_read_without_what_reads_texts() -> None:
    """Every command and every client begins with them."""
    assert not {"models.text", "models.complaint", "numpy"} & loaded()["streams.settings"]
