"""The table of costs: complete over what is made, right in its counts, and the same in the README."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import environments, prices, workload
from lib.cost_table import README, markdown, replaced
from lib.costs import ENVIRONMENTS, FREE, Item, at_rest, awake_share, main, per_hour, tables
from lib.environments import DEV, PROD, Environment
from lib.prices import HOURS, REGIONS
from tests.infra.synthesis import Synthesised

REGION = REGIONS[0]


@pytest.fixture(params=["dev", "prod"])
def made(request: pytest.FixtureRequest) -> tuple[Environment, Synthesised]:
    return ENVIRONMENTS[request.param], request.getfixturevalue(request.param)


def total(items: list[Item], region: str = REGION) -> float:
    return sum(each.usd(region) for each in items)


def quantity(items: list[Item], what: str) -> float:
    return next((each.quantity for each in items if each.what == what), 0)


# --------------------------------------------------------------------------------------------- complete
def test_everything_that_is_made_is_paid_for_or_free_for_a_reason(
    made: tuple[Environment, Synthesised], registry: Synthesised
) -> None:
    environment, stack = made
    paid = {kind for each in at_rest(environment) for kind in each.kinds}
    interfaces = [
        each for each in stack.resources("aws_vpc_endpoint").values() if each["vpc_endpoint_type"] == "Interface"
    ]
    for kind in {kind for kind, _, _ in (*stack.every, *registry.every)}:
        if kind == "aws_ecs_service" and environment.tasks_min == 0:
            continue
        if kind == "aws_vpc_endpoint" and not interfaces:
            continue  # the gateway to S3 is free
        assert (kind in paid) != (kind in FREE), f"{kind}: give it a line in lib/costs.py, or a reason in FREE"
    assert all(len(reason) > 10 for reason in FREE.values())


def test_counts_are_those_of_the_stack(made: tuple[Environment, Synthesised]) -> None:
    environment, stack = made
    rest = at_rest(environment)
    endpoints = [
        each for each in stack.resources("aws_vpc_endpoint").values() if each["vpc_endpoint_type"] == "Interface"
    ]
    alarms = stack.resources("aws_cloudwatch_metric_alarm").values()
    streams = stack.resources("aws_kinesis_stream").values()
    counted = {
        "NAT gateways": len(stack.resources("aws_nat_gateway")) * HOURS,
        "their public addresses": len(stack.resources("aws_eip")) * HOURS,
        "interface endpoints": sum(len(each["subnet_ids"]) for each in endpoints) * HOURS,
        "secrets": len(stack.resources("aws_secretsmanager_secret")) + 1,
        "the key of the alarms": len(stack.resources("aws_kms_key")),
        "alarms": sum(len([q for q in each.get("metric_query", [{"metric": {}}]) if "metric" in q]) for each in alarms),
        "the dashboard": len(stack.resources("aws_cloudwatch_dashboard")),
        "Kinesis shards": sum(each.get("shard_count", 0) for each in streams) * HOURS,
        "Kinesis streams, on demand": len([each for each in streams if "shard_count" not in each]) * HOURS,
    }
    assert {what: quantity(rest, what) for what in counted} == counted
    instances = len(stack.resources("aws_rds_cluster_instance"))
    smallest = environment.database_min_acu or workload.AWAKE_ACU
    assert quantity(rest, "Aurora, awake and idle") == instances * smallest * awake_share(environment) * HOURS


# ------------------------------------------------------------------------------------------- properties
@given(st.integers(1, 50))
def test_more_shards_cost_more(shards: int) -> None:
    assert total(at_rest(replace(DEV, stream_shards=shards + 1))) > total(at_rest(replace(DEV, stream_shards=shards)))


@given(st.floats(0.5, 100), st.integers(1, 5))
def test_a_larger_smallest_size_and_more_instances_cost_more(smallest: float, instances: int) -> None:
    one = replace(DEV, database_min_acu=smallest, database_instances=instances)
    for more in (replace(one, database_min_acu=smallest + 0.5), replace(one, database_instances=instances + 1)):
        assert total(at_rest(more)) > total(at_rest(one))


@given(st.integers(1, 20))
def test_workers_that_always_run_cost_by_their_number_and_nobody_waits_for_them(tasks: int) -> None:
    always = replace(DEV, tasks_min=tasks)
    assert quantity(at_rest(always), "workers that always run") == tasks * HOURS
    assert quantity(per_hour(always), "the worker starting and waiting") == 0
    assert quantity(per_hour(DEV), "the worker starting and waiting") > 0


def test_without_nat_its_lines_go_and_endpoints_come() -> None:
    rest = [each.what for each in at_rest(replace(DEV, nat="none"))]
    assert not {"NAT gateways", "their public addresses"} & set(rest)
    assert "interface endpoints" in rest
    assert "through NAT" not in [each.what for each in per_hour(replace(DEV, nat="none"))]


def test_keeping_records_for_longer_than_a_day_costs() -> None:
    assert total(at_rest(replace(DEV, stream_retention_hours=48))) > total(at_rest(DEV))


def test_a_database_that_may_pause_pays_for_the_time_in_which_something_asks_it() -> None:
    assert awake_share(PROD) == 1.0
    assert awake_share(DEV) == pytest.approx((900 + 30) / 3600)
    assert awake_share(replace(DEV, database_min_acu=0.5)) == 1.0
    often = replace(DEV, sweep_minutes=1)
    assert awake_share(often) == 1.0
    saved = total(at_rest(often)) - total(at_rest(DEV))
    assert 30 < saved < 40


def test_an_engine_of_ones_own_costs_processors_in_place_of_transcribe() -> None:
    own = per_hour(replace(DEV, speech_engine="pocketsphinx"))
    assert "Amazon Transcribe" not in [each.what for each in own]
    assert quantity(own, "the worker at work") > 30 * quantity(per_hour(DEV), "the worker at work")
    assert total(own) < total(per_hour(DEV))


@given(st.integers(1, 365), st.integers(0, 60))
def test_films_kept_for_longer_cost_more(days: int, versions: int) -> None:
    kept = replace(DEV, uploads_expire=days, noncurrent_expire=versions)
    assert total(per_hour(replace(kept, uploads_expire=days + 1))) > total(per_hour(kept))
    assert total(per_hour(replace(kept, media_versioning=False))) <= total(per_hour(kept))


@pytest.mark.parametrize("environment", [DEV, PROD])
def test_frankfurt_is_not_cheaper_and_nothing_costs_less_than_nothing(environment: Environment) -> None:
    for items in (at_rest(environment), per_hour(environment)):
        assert all(0 < each.usd("us-east-1") <= each.usd("eu-central-1") for each in items)
        names = [each.what for each in items]
        assert len(names) == len(set(names))


def test_every_price_says_where_it_is_published() -> None:
    listed = [each for each in vars(prices).values() if isinstance(each, prices.Price)]
    assert len(listed) > 20
    for price in listed:
        assert price.source.startswith("https://"), price
        assert price.us_east_1 > 0
        assert price.eu_central_1 > 0


# -------------------------------------------------------------------------------------------- what is said
def test_the_readme_has_the_table_that_the_settings_give() -> None:
    text = README.read_text(encoding="utf-8")
    assert replaced(text, tables()) == text, "run `python -m lib.costs --write` and look at what changed"


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="costs: begin"):
        replaced("# Costs", "| a |")


def test_a_table_has_a_row_for_everything_and_a_sum() -> None:
    lines = markdown("x", [("dev", {"a": 1.0, "b": 0.00001}), ("prod", {"c": 2.5})], digits=2)
    assert lines == [
        "| x | dev | prod |",
        "| --- | ---: | ---: |",
        "| a | 1.00 |  |",
        "| b | < 0.01 |  |",
        "| c |  | 2.50 |",
        "| **together** | **1.00** | **2.50** |",
    ]


def test_the_command_prints_either_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--environment", "prod", "--region", "eu-central-1"]) == 0
    text = capsys.readouterr().out
    assert "a month at rest, prod in eu-central-1" in text
    assert re.search(rf"together +USD +{total(at_rest(PROD), 'eu-central-1'):.2f}\n", text)
    assert main(["--markdown"]) == 0
    assert capsys.readouterr().out.strip() == tables()


def test_the_costs_in_the_comments_of_the_settings_are_those_of_the_prices() -> None:
    comments = re.sub(r"\n    # ", " ", Path(environments.__file__).read_text(encoding="utf-8"))
    month = {
        r"one NAT gateway, (\d+) ": (prices.NAT_HOUR.us_east_1 + prices.PUBLIC_ADDRESS_HOUR.us_east_1) * HOURS,
        r"\((\d+) per service and zone\)": prices.ENDPOINT_HOUR.us_east_1 * HOURS,
        r"`ON_DEMAND` costs (\d+) a stream": prices.STREAM_HOUR.us_east_1 * HOURS,
        r"a provisioned shard (\d+)": prices.SHARD_HOUR.us_east_1 * HOURS,
        r"an ACU that runs all month costs (\d+)": prices.ACU_HOUR.us_east_1 * HOURS,
        r"keeps the database awake \((\d+) a month\)": prices.ACU_HOUR.us_east_1 * workload.AWAKE_ACU * HOURS,
    }
    for pattern, usd in month.items():
        found = re.search(pattern, comments)
        assert found, pattern
        assert abs(int(found.group(1)) - usd) <= 0.5, pattern
    task = 2 * prices.VCPU_HOUR.us_east_1 + 4 * prices.MEMORY_GB_HOUR.us_east_1
    assert f"costs {task:.2f} an hour" in comments
    assert f"{prices.NAT_GB.us_east_1} per GB" in comments
