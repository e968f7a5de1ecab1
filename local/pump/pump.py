"""All mappings and schedules at work, each in a thread of its own.

What they are is settled at the start: a stream, queue or mapping that is made later needs a restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dictionary
from typing import TYPE_CHECKING

from botocore.config import Config

from local.pump.answers import Invoker
from local.pump.checkpoints import Checkpoints
from local.pump.mapping import Mapping
from local.pump.queues import QueuePump
from local.pump.schedule import Schedule
from local.pump.stopping import Stop
from local.pump.streams import ShardPump, let_reads_wait
from local.resources import session

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)


class Pump:
    """`schedules`: seconds between the runs of a function, by its name."""

    def __init__(
        self,
        mappings: Iterable[Mapping],
        schedules: Dictionary[str, float],
        *,
        endpoint: str,
        region: str,
        functions: Invoker,
        checkpoints: Checkpoints,
    ) -> None:
        self._functions = functions
        self._checkpoints = checkpoints
        self._region = region
        self._stop = Stop()
        self._ended = threading.Event()
        self._since = time.time()
        self._broke: Exception | None = None
        # Each waiting read and poll holds a connection.
        config = Config(max_pool_connections=50, read_timeout=60, retries={"max_attempts": 1})
        self._kinesis: KinesisClient = session(region).client("kinesis", endpoint_url=endpoint, config=config)
        self._sqs: SQSClient = session(region).client("sqs", endpoint_url=endpoint, config=config)
        let_reads_wait(self._kinesis)
        self._loops = [loop for each in mappings if each.enabled for loop in self._loops_of(each)]
        self._loops += [self._schedule(name, seconds) for name, seconds in schedules.items()]

    def start(self) -> None:
        for loop in self._loops:
            threading.Thread(target=self._guarded, args=(loop,), daemon=True).start()

    def wait(self) -> None:
        """Returns when `stop` was called; raises what ended a loop that should have gone on."""
        self._ended.wait()
        if self._broke is not None:
            raise self._broke

    def stop(self, grace: float) -> None:
        """Begins nothing more, gives what runs so many seconds, then ends it: it comes again."""
        self._stop.set()
        if not self._functions.drain(grace):
            log.warning("functions were still at work and are ended; their records and messages come again")
        self._functions.close()
        self._ended.set()

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Exception as error:
            log.exception("a loop broke; the pump ends, to be started again")
            self._broke = error
            self._ended.set()

    def _loops_of(self, mapping: Mapping) -> list[Callable[[], None]]:
        if mapping.service == "kinesis":
            return [self._shard(mapping, shard).run for shard in self._shards(mapping)]
        polls = [
            QueuePump(mapping, sqs=self._sqs, invoke=self._functions.invoke, stop=self._stop)
            for _ in range(mapping.max_concurrency)
        ]
        return [poll.run for poll in polls]

    def _shards(self, mapping: Mapping) -> list[str]:
        """Those there are now: a stream that is split under a running pump needs a restart."""
        name = mapping.source.split("/")[1]
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamName=name)
        return [shard["ShardId"] for page in pages for shard in page["Shards"]]

    def _shard(self, mapping: Mapping, shard: str) -> ShardPump:
        return ShardPump(
            mapping,
            shard,
            kinesis=self._kinesis,
            invoke=self._functions.invoke,
            send=self._send,
            checkpoints=self._checkpoints,
            stop=self._stop,
            since=self._since,
        )

    def _schedule(self, function: str, seconds: float) -> Callable[[], None]:
        return Schedule(function, seconds, self._region, invoke=self._functions.invoke, stop=self._stop).run

    def _send(self, queue: str, text: str) -> None:
        url = self._sqs.get_queue_url(QueueName=queue.split(":")[5])["QueueUrl"]
        self._sqs.send_message(QueueUrl=url, MessageBody=text)
