"""The slideshow's function: its layers, its disk, its rights, and how long projects live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infra.synthesis import Synthesised, synthesise
from video_pipeline.topology import SLIDESHOW_FUNCTION


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Synthesised:
    found: Synthesised = request.getfixturevalue(request.param)
    return found


def function(stack: Synthesised, unit: str) -> dict[str, Any]:
    (made,) = (
        each
        for each in stack.resources("aws_lambda_function").values()
        if each["handler"] == f"lambdas.{unit}.handler.handler"
    )
    return dict(made)


def test_it_has_layers_of_its_own_and_the_disk_that_a_project_needs(stack: Synthesised) -> None:
    made, other = function(stack, "slideshow"), function(stack, "ingest")
    assert len(made["layers"]) == 2
    assert len(other["layers"]) == 1
    assert not set(made["layers"]) & set(other["layers"])
    assert made["ephemeral_storage"]["size"] == SLIDESHOW_FUNCTION.storage > 512
    assert other["ephemeral_storage"]["size"] == 512


def test_it_reads_projects_and_nothing_else_of_what_people_brought(stack: Synthesised) -> None:
    (policy,) = (
        json.loads(each["policy"])
        for each in stack.resources("aws_iam_role_policy").values()
        if each["name"].startswith("slideshow-role-")
    )
    by_action: dict[str, set[str]] = {}
    for statement in policy["Statement"]:
        for action in statement["Action"]:
            resources = statement["Resource"]
            by_action.setdefault(action, set()).update([resources] if isinstance(resources, str) else resources)
    read, written, deleted = (
        {each.rpartition("}/")[2] for each in by_action[f"s3:{verb}Object"]} for verb in ("Get", "Put", "Delete")
    )
    films = {"videos/*_final_video.mp4", "videos/*_final_video.vtt"}
    assert read == {"projects/*", *films}
    assert written == {"uploads/*", *films}
    assert deleted == films
    assert not [action for action in by_action if action.startswith(("transcribe", "ses", "iam"))]


def test_projects_live_as_long_as_the_setting_says_in_the_bucket_a_little_longer(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, "test-x2", projects_expire=30)
    assert function(stack, "question_api")["environment"]["variables"]["PROJECT_DAYS"] == "30"
    rules = {
        rule["id"]: rule
        for each in stack.resources("aws_s3_bucket_lifecycle_configuration").values()
        for rule in each["rule"]
    }
    assert rules["expire-projects"]["expiration"] == [{"days": 37}]


def test_pictures_are_fetched_from_ports_that_the_network_lets_out(stack: Synthesised) -> None:
    ports = set(json.loads(function(stack, "question_api")["environment"]["variables"]["IMAGE_PORTS"]))
    assert ports <= {each["to_port"] for each in stack.resources("aws_vpc_security_group_egress_rule").values()}


def test_no_two_statements_of_a_policy_have_the_same_name(stack: Synthesised) -> None:
    """IAM refuses them."""
    for each in stack.resources("aws_iam_role_policy").values():
        names = [statement["Sid"] for statement in json.loads(each["policy"])["Statement"] if "Sid" in statement]
        assert len(names) == len(set(names)), each["name"]
