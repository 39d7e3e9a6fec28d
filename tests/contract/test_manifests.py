"""The Kubernetes manifests: valid by the schemas of Kubernetes and KEDA, and what they say of us is true."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from streams.cli.topics import create
from streams.kafka.topics import topic_name
from streams.settings import Settings
from tests.contract.test_compose import VARIABLES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/kubernetes"
BASE, SASL = FOLDER / "base", FOLDER / "sasl"
KEDA = json.loads((Path(__file__).parent / "keda.json").read_text("utf-8"))
KUBERNETES = "1.36"
PREFIX = "TIDEGATE_"

Manifest = dict[str, Any]


def _documents(file: Path) -> list[Manifest]:
    return list(yaml.safe_load_all(file.read_text("utf-8")))


def _kustomization(folder: Path) -> Manifest:
    (document,) = _documents(folder / "kustomization.yaml")
    return document


def _resources(folder: Path) -> Iterator[Manifest]:
    for name in _kustomization(folder)["resources"]:
        if (folder / name).is_file():
            yield from _documents(folder / name)


ALL = [*_resources(BASE), *_resources(SASL)]
BY_NAME = {(one["kind"], one["metadata"]["name"]): one for one in ALL}
WORKER, SERVE = (BY_NAME["Deployment", f"tidegate-{name}"] for name in ("worker", "serve"))
SCALED = BY_NAME["ScaledObject", "tidegate-worker"]
SETTINGS = BY_NAME["ConfigMap", "tidegate-settings"]["data"]
PODS = [WORKER, SERVE]
PATCHES = [document for name in _kustomization(SASL)["patches"] for document in _documents(SASL / name["path"])]


def check(manifest: Manifest) -> None:
    """Raises jsonschema.ValidationError. Fields that nobody knows are refused."""
    if manifest["apiVersion"].startswith("keda.sh/"):
        jsonschema.validate(manifest, KEDA)
    else:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def pod(deployment: Manifest) -> Manifest:
    spec: Manifest = deployment["spec"]["template"]["spec"]
    return spec


def container(deployment: Manifest) -> Manifest:
    (only,) = pod(deployment)["containers"]
    assert isinstance(only, dict)
    return only


def named(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


@pytest.mark.parametrize("manifest", ALL, ids=named)
def test_is_valid_by_its_schema(manifest: Manifest) -> None:
    check(manifest)


@pytest.mark.parametrize(
    ("manifest", "path", "wrong"),
    [
        (WORKER, ("spec", "templates"), {}),
        (WORKER, ("spec", "template", "spec", "containers", 0, "image"), 7),
        (SCALED, ("spec", "maxReplicas"), 6),
        (SCALED, ("spec", "triggers", 0, "metadata", "offsetResetPolicy"), "oldest"),
        (SCALED, ("spec", "triggers", 0, "metadata", "lagThreshold"), 2000),
        (BY_NAME["TriggerAuthentication", "tidegate-kafka"], ("spec", "secretTargetRef", 0, "key"), None),
    ],
)
def test_the_schemas_refuse_what_is_wrong(manifest: Manifest, path: tuple[str | int, ...], wrong: object) -> None:
    """So that the test above can fail."""
    broken = json.loads(json.dumps(manifest))
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = wrong
    with pytest.raises(jsonschema.ValidationError):
        check(broken)


@pytest.mark.parametrize("folder", [BASE, SASL], ids=lambda folder: folder.name)
def test_every_file_is_named_and_every_name_is_a_file(folder: Path) -> None:
    kustomization = _kustomization(folder)
    names = {*kustomization["resources"], *(patch["path"] for patch in kustomization.get("patches", ()))}
    assert names - {"../base"} == {file.name for file in folder.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("patch", PATCHES, ids=named)
def test_a_patch_changes_something_that_is_there(patch: Manifest) -> None:
    target = BY_NAME[patch["kind"], patch["metadata"]["name"]]
    assert patch["apiVersion"] == target["apiVersion"]
    if patch["kind"] == "Deployment":
        assert [one["name"] for one in pod(patch)["containers"]] == [container(target)["name"]]


def test_names_no_setting_that_does_not_exist() -> None:
    named_here = {*SETTINGS, *(name for patch in PATCHES if patch["kind"] == "ConfigMap" for name in patch["data"])}
    assert named_here <= VARIABLES


@pytest.mark.parametrize("deployment", PODS, ids=named)
def test_no_variable_of_kubernetes_is_taken_for_a_setting(deployment: Manifest) -> None:
    """A Service named tidegate-serve would be TIDEGATE_SERVE_PORT in every pod, which is no setting."""
    assert pod(deployment)["enableServiceLinks"] is False


@pytest.mark.parametrize("deployment", PODS, ids=named)
def test_a_pod_has_no_privileges(deployment: Manifest) -> None:
    spec, only = pod(deployment), container(deployment)
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert f"USER {spec['securityContext']['runAsUser']}" in (ROOT / "Dockerfile").read_text("utf-8")
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"name": "tmp", "mountPath": "/tmp"} in only["volumeMounts"]


@pytest.mark.parametrize("deployment", PODS, ids=named)
def test_a_pod_is_asked_whether_it_lives_and_whether_it_is_ready(deployment: Manifest) -> None:
    only = container(deployment)
    ports = {port["name"]: port["containerPort"] for port in only["ports"]}
    assert str(ports["metrics"]) == SETTINGS["TIDEGATE_METRICS_PORT"]
    assert only["startupProbe"]["httpGet"] == only["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}
    assert only["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert only["readinessProbe"]["httpGet"]["port"] in ports


@pytest.mark.parametrize("deployment", PODS, ids=named)
def test_a_pod_has_time_to_drain(deployment: Manifest) -> None:
    assert pod(deployment)["terminationGracePeriodSeconds"] > Settings.model_fields["drain_s"].default + 30


def test_there_are_as_many_workers_as_the_lag_asks_for_and_never_more_than_partitions() -> None:
    partitions = inspect.signature(create).parameters["partitions"].default
    spec = SCALED["spec"]
    assert spec["scaleTargetRef"]["name"] == WORKER["metadata"]["name"]
    assert "replicas" not in WORKER["spec"]
    assert spec["minReplicaCount"] <= spec["fallback"]["replicas"] <= spec["maxReplicaCount"] == partitions


@pytest.mark.parametrize("scaled", [SCALED, *(one for one in PATCHES if one["kind"] == "ScaledObject")])
def test_the_lag_is_that_of_the_group_and_the_topics_of_the_settings(scaled: Manifest) -> None:
    metadata = [trigger["metadata"] for trigger in scaled["spec"]["triggers"]]
    prefix, tasks = (
        SETTINGS["TIDEGATE_TOPIC_PREFIX"],
        Settings.model_fields["tasks"].get_default(call_default_factory=True, validated_data={}),
    )
    assert [one["topic"] for one in metadata] == [topic_name(prefix, task) for task in tasks]
    for one in metadata:
        assert one["consumerGroup"] == SETTINGS["TIDEGATE_GROUP"]
        assert one["offsetResetPolicy"] == "earliest"
        assert one["allowIdleConsumers"] == "false"


def test_what_selects_pods_finds_them() -> None:
    labels = [deployment["spec"]["template"]["metadata"]["labels"] for deployment in PODS]
    selectors = {
        named(one): one["spec"].get("podSelector") or one["spec"]["selector"]
        for one in ALL
        if one["kind"] in ("PodDisruptionBudget", "NetworkPolicy", "Service")
    }
    assert len(selectors) == 5
    for name, selector in selectors.items():
        wanted = selector.get("matchLabels", selector)
        assert any(wanted.items() <= one.items() for one in labels), name


def test_there_is_no_secret_in_a_file() -> None:
    assert not [one for one in ALL if one["kind"] == "Secret"]
    assert "TIDEGATE_SASL_PASSWORD" not in {name for patch in PATCHES for name in patch.get("data", ())}


def test_the_password_is_a_file_that_is_mounted() -> None:
    data = next(patch["data"] for patch in PATCHES if patch["kind"] == "ConfigMap")
    for patch in (one for one in PATCHES if one["kind"] == "Deployment"):
        (mount,) = container(patch)["volumeMounts"]
        assert data["TIDEGATE_SASL_PASSWORD_FILE"] == f"{mount['mountPath']}/password"
        (volume,) = pod(patch)["volumes"]
        assert (volume["name"], volume["secret"]["items"][0]["path"]) == (mount["name"], "password")
