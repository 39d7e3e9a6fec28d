"""docker-compose.yml and Dockerfile: valid by the Compose specification's schema, and about things that exist."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from streams.settings import OTHER_VARIABLES, PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
VARIABLES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
WORKERS = ("worker", "worker-gpu", "worker-pictures")
OURS = ("topics", "keys", *WORKERS, "serve", "reviews")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return document


@pytest.fixture(scope="module")
def specification() -> Any:
    """The schema of the Compose specification, which check-jsonschema carries."""
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    return json.loads(schema.read_text("utf-8"))


def test_is_valid_by_the_schema_of_the_compose_specification(compose: dict[str, Any], specification: Any) -> None:
    validator = jsonschema.validators.validator_for(specification)(specification)
    assert [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(compose)] == []


def test_the_schema_refuses_what_is_wrong(compose: dict[str, Any], specification: Any) -> None:
    """So that the test above can fail."""
    broken = {**compose, "services": {**compose["services"], "worker": {"imagee": "tidegate"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, specification)


def test_has_a_broker_the_topics_workers_a_server_and_what_watches_them(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"kafka", *OURS, "store", "prometheus", "grafana"}
    assert "profiles" not in services["worker"]
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    (device,) = services["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


def test_a_worker_starts_after_the_topics_and_they_after_the_broker(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    for name in WORKERS:
        assert services[name]["depends_on"]["topics"] == {"condition": "service_completed_successfully"}
        assert services[name]["restart"] == "unless-stopped"


def test_a_worker_has_time_to_drain(compose: dict[str, Any]) -> None:
    drain_s = Settings.model_fields["drain_s"].default
    for name in (*WORKERS, "serve"):
        grace = re.fullmatch(r"(\d+)s", compose["services"][name]["stop_grace_period"])
        assert grace is not None
        assert int(grace[1]) > drain_s + 30


def test_all_that_runs_on_is_checked_for_health(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert "test" in service["healthcheck"] or service["restart"] == "no", name


def test_names_no_setting_that_does_not_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        named = {name for name in service.get("environment", {}) if name.startswith(PREFIX)}
        assert named <= VARIABLES
    for name in re.findall(rf"{PREFIX}\w+", COMPOSE.read_text("utf-8") + DOCKERFILE.read_text("utf-8")):
        assert name in VARIABLES


def test_holds_no_secret_and_listens_on_this_machine_alone(compose: dict[str, Any]) -> None:
    assert not re.search(r"(?i)password\s*[:=]|secret\s*[:=]|token\s*[:=]", COMPOSE.read_text("utf-8"))
    for service in compose["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_containers_have_no_privileges(compose: dict[str, Any]) -> None:
    """And of the host nothing but files that lie here, to be read."""
    for name, service in compose["services"].items():
        if name == "kafka":
            continue
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not {"privileged", "cap_add", "user", "devices", "pid", "network_mode", "ipc"} & set(service)
        assert service["tmpfs"] == ["/tmp"]
        for volume in service["volumes"]:
            named = volume.partition(":")[0] in compose["volumes"]
            assert named or (volume.startswith("./deploy/") and volume.endswith(":ro") and name not in OURS), volume


def test_all_that_is_ours_is_among_them(compose: dict[str, Any]) -> None:
    ours = {name for name, service in compose["services"].items() if service["image"].startswith("tidegate")}
    assert ours == set(OURS)


def test_images_of_others_are_pinned(compose: dict[str, Any]) -> None:
    others = {service["image"] for name, service in compose["services"].items() if name not in OURS}
    assert {image.partition(":")[0] for image in others} == {
        "apache/kafka", "chrislusf/seaweedfs", "prom/prometheus", "grafana/grafana",
    }  # fmt: skip
    assert all(re.fullmatch(r".+:v?\d+(\.\d+)+", image) for image in others)
    for image in _instructions("FROM"):
        assert re.match(r"python:3\.\d+-slim( AS \w+)?$", image)


def test_the_image_runs_as_an_ordinary_user() -> None:
    users = list(_instructions("USER"))
    assert users
    assert users[-1].isdigit(), "a number, so that an orchestrator can see that it is not root"
    assert users[-1] != "0"
    last_stage = DOCKERFILE.read_text("utf-8").rsplit("\nFROM ", 1)[1]
    assert last_stage.index("\nUSER ") < last_stage.index("\nENTRYPOINT ")
    assert not re.search(r"(?m)^(?:ADD|ARG .*(?:PASSWORD|TOKEN))", last_stage)


def test_the_image_is_built_from_files_that_exist_and_are_let_in() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for copied in _instructions("COPY"):
        if not copied.startswith("--from"):
            *sources, _ = copied.split()
            for source in sources:
                assert (ROOT / source).exists(), source
                assert source in let_in, source


def _instructions(name: str) -> Iterator[str]:
    for line in DOCKERFILE.read_text("utf-8").splitlines():
        instruction, _, rest = line.partition(" ")
        if instruction == name:
            yield rest.strip()


def test_the_server_asks_for_a_key_that_a_container_before_it_makes(compose: dict[str, Any]) -> None:
    serve, keys = compose["services"]["serve"], compose["services"]["keys"]
    assert serve["depends_on"]["keys"] == {"condition": "service_completed_successfully"}
    assert "--no-keys" not in serve["command"]
    folder = re.search(r"install --directory --owner tidegate --group tidegate (\S+)", DOCKERFILE.read_text("utf-8"))
    assert folder is not None
    assert keys["volumes"] == [f"keys:{folder[1]}"]
    assert serve["volumes"] == [f"keys:{folder[1]}:ro"]


def test_references_of_pictures_lead_into_the_store_beside_the_worker(compose: dict[str, Any]) -> None:
    worker, store = compose["services"]["worker-pictures"], compose["services"]["store"]
    assert worker["profiles"] == store["profiles"] == ["pictures"]
    assert worker["depends_on"]["store"] == {"condition": "service_healthy"}
    options = dict(option.lstrip("-").split("=") for option in store["command"] if "=" in option)
    environment = worker["environment"]
    assert environment["TIDEGATE_IMAGES"] == "on"
    assert environment["TIDEGATE_IMAGE_STORE"] == f"s3://{options['bucket']}"
    port = store["ports"][0].rpartition(":")[2]
    assert environment["AWS_ENDPOINT_URL"] == f"http://store:{port}"
    assert store["volumes"] == [f"pictures:{options['dir']}"]


def test_the_keys_of_the_store_are_in_a_file_that_must_be_there_and_is_ours_alone(compose: dict[str, Any]) -> None:
    """Without keys the store would let everybody in."""
    for name in ("worker-pictures", "store"):
        assert "pictures.env" in compose["services"][name]["env_file"]
    assert "/pictures.env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert not (ROOT / "pictures.env").is_file()


def test_the_image_that_looks_at_pictures_has_what_that_needs(compose: dict[str, Any]) -> None:
    """s3fs and fsspec go together: their versions are one."""
    assert compose["services"]["worker-pictures"]["build"]["args"] == {"IMAGES": "1"}
    text = DOCKERFILE.read_text("utf-8")
    assert "${IMAGES:+,images}" in text
    (client,) = re.findall(r"\bs3fs==(\S+)", text)
    assert f"fsspec=={client}" in (ROOT / "constraints.txt").read_text("utf-8").splitlines()


def test_prometheus_scrapes_every_process_of_ours_that_runs_on(compose: dict[str, Any]) -> None:
    services = compose["services"]
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    found = {
        name: job["job_name"]
        for job in config["scrape_configs"]
        for discovery in job["dns_sd_configs"]
        for name in discovery["names"]
        if discovery["port"] == int(services[name]["environment"]["TIDEGATE_METRICS_PORT"])
    }
    assert found == {"worker": "tidegate-worker", "serve": "tidegate-serve", "reviews": "tidegate-reviews"}
    for name in set(WORKERS) - {"worker"}:
        assert services[name]["networks"]["default"]["aliases"] == ["worker"]


def test_what_is_mounted_exists(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists(), volume
