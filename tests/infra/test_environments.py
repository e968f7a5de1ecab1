from __future__ import annotations

import pytest

from lib.environments import DEV, BadSetting, environment_for, overrides_from
from lib.naming import BadSuffix, Names, checked_suffix
from lib.variables import variables
from video_pipeline.settings import BY_UNIT
from video_pipeline.topology import FUNCTIONS


@pytest.mark.parametrize(
    "ugly", ["", "a", "Dev", "-dev", "dev-", "de--v", "dev_1", "d" * 21, "dev.1", "dev;rm", "${x}", "dev\n", "ü2"]
)
def test_an_ugly_suffix_is_refused_with_a_sentence(ugly: str) -> None:
    with pytest.raises(BadSuffix, match=r"\.$"):
        checked_suffix(ugly)


@pytest.mark.parametrize("good", ["dev", "pr-1234", "a1", "d" * 20])
def test_a_usual_suffix_stands_in_every_name(good: str) -> None:
    names = Names(good)
    assert names("ingestion-stream") == f"ingestion-stream-{good}"
    assert names.log_group("lambda", "ingest") == f"/aws/lambda/ingest-{good}"


def test_the_longest_names_fit_what_aws_allows() -> None:
    names = Names("d" * 20)
    assert len(names("results-bucket-123456789012")) <= 63
    assert max(len(names(f"{each.unit}-role")) for each in FUNCTIONS) <= 64


def test_production_is_wide_and_everything_else_small() -> None:
    assert environment_for("prod").tasks_max > environment_for("dev").tasks_max
    assert environment_for("prod-eu") == environment_for("prod")
    assert environment_for("product") == DEV


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"tasks": 3}, "There is no stack setting 'tasks'"),
        ({"tasks_max": "3"}, "'tasks_max' is '3'"),
        ({"tracing": 1}, "'tracing' is 1"),
        ({"nat": "none"}, "cuts the functions off"),
    ],
)
def test_a_wrong_setting_is_named(overrides: dict[str, object], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        environment_for("dev", overrides)


def test_settings_come_as_a_json_object() -> None:
    assert overrides_from('{"tasks_max": 3}') == {"tasks_max": 3}
    assert overrides_from(None) == {}
    assert environment_for("dev", {"database_min_acu": 1, "cors_origins": ["https://x"]}).database_min_acu == 1.0
    for text in ("[1]", "{"):
        with pytest.raises(BadSetting, match="STACK_SETTINGS"):
            overrides_from(text)


def test_variables_are_the_fields_of_the_settings_class() -> None:
    facts = {"environment_suffix": "dev", "openai_secret_arn": "arn", "scratch_folder": "/scratch"}
    assert variables("embedding", facts) == {"ENVIRONMENT_SUFFIX": "dev", "OPENAI_SECRET_ARN": "arn"}
    assert variables("processor", facts) == {"ENVIRONMENT_SUFFIX": "dev", "SCRATCH_FOLDER": "/scratch"}
    assert {each.unit for each in FUNCTIONS} | {"processor"} == set(BY_UNIT)
