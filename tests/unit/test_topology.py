from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from video_pipeline import topology


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(topology.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {str(name).split(".")[0] for name in modules} <= sys.stdlib_module_names


def test_every_asynchronous_edge_has_a_retry_cap_and_a_dead_letter_queue() -> None:
    queues = topology.queues_by_name()
    for consumer in topology.STREAM_CONSUMERS:
        assert consumer.dead_letter in queues
        assert 0 < consumer.max_retries < 100
        assert 0 < consumer.max_record_age <= 24 * 3600
    for queue in topology.QUEUES:
        if queue not in topology.DEAD_LETTER_QUEUES:
            assert queue.dead_letter in queues, queue.name
            assert queue.max_receives == 3


def test_consumers_name_streams_queues_and_functions_that_exist() -> None:
    functions = {function.unit: function for function in topology.FUNCTIONS}
    streams, queues = topology.streams_by_name(), topology.queues_by_name()
    for stream_consumer in topology.STREAM_CONSUMERS:
        assert stream_consumer.unit in functions
        assert stream_consumer.stream in streams
    for queue_consumer in topology.QUEUE_CONSUMERS:
        function = functions[queue_consumer.unit]
        # AWS's advice for event source mappings: a message must not reappear while its function may still be trying.
        assert queues[queue_consumer.queue].visibility_timeout >= 6 * function.timeout


def test_several_heartbeats_fit_into_a_lease() -> None:
    assert topology.LEASE.heartbeat * 3 < topology.LEASE.seconds
    assert topology.PROCESSING.visibility_timeout >= topology.LEASE.heartbeat * 3


def test_the_progress_of_the_stages_adds_up_to_one() -> None:
    ends = [topology.progress_at(stage.name, 1.0) for stage in topology.STAGES]
    assert ends == sorted(ends)
    assert ends[-1] == 1.0
    assert topology.progress_at(topology.STAGES[0].name) == 0.0
    assert topology.progress_at("fetch", 7.0) == topology.progress_at("fetch", 1.0)
    with pytest.raises(ValueError, match="unknown stage"):
        topology.progress_at("dream")


def test_names_carry_type_and_suffix() -> None:
    assert topology.resource_name("ingestion-stream", "dev") == "ingestion-stream-dev"
