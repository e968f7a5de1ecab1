"""The API as it answers against the API as it is described, by requests made up from the description."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from video_pipeline.api.app import create_app

nothing_yet: Any = SimpleNamespace(cors_origins=())
application = create_app(nothing_yet)
schema = schemathesis.openapi.from_asgi("/openapi.json", application)


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_api_keeps_to_its_description(case: Case, world: Any) -> None:
    application.state.dependencies = world.deps
    # What a description can't say is refused by reason codes: a cursor of another list, a range that ends before it
    # begins, a file that is not named like media.
    case.call_and_validate(headers={"X-API-Key": world.key}, excluded_checks=[positive_data_acceptance])
