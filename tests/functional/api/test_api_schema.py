"""The API as it answers against the API as it is described, by requests made up from the description.

Once with ids that nothing has, so that refusals are looked at, and once with those of a video and its job.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from video_pipeline.api.app import create_app

nothing_yet: Any = SimpleNamespace(cors_origins=(), dashboard=None)
application = create_app(nothing_yet)
schema = schemathesis.openapi.from_asgi("/openapi.json", application)
REPEATABLE = settings(max_examples=8, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


@schema.parametrize()
@REPEATABLE
def test_the_api_keeps_to_its_description(case: Case, world: Any) -> None:
    check(case, world)


@pytest.fixture
def known(world: Any) -> dict[str, str]:
    video_id = world.put_video("We raised the budget.", "Lunch is at noon.")
    project = world.api.post("/api/v1/projects", json={"title": "Harbour"}).json()
    job_id = str(world.ledger.videos.get(video_id).job_id)
    return {"video_id": str(video_id), "job_id": job_id, "project_id": project["project_id"]}


@schema.include(path_regex="_id}").parametrize()
@REPEATABLE
def test_it_keeps_to_it_about_what_there_is(case: Case, world: Any, known: dict[str, str]) -> None:
    for name in case.path_parameters.keys() & known.keys():
        # What is no id at all is made up on purpose.
        if len(str(case.path_parameters[name])) == 36:
            case.path_parameters[name] = known[name]
    check(case, world)


def check(case: Case, world: Any) -> None:
    application.state.dependencies = world.deps
    # What a description can't say is refused by reason codes: a cursor of another list, a range that ends before it
    # begins, a file that is not named like media.
    case.call_and_validate(headers={"X-API-Key": world.key}, excluded_checks=[positive_data_acceptance])
