"""The whole system on one machine, as a context: inside, everything runs and answers."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from local.dashboard import MISSING, built
from local.environment import variables
from local.process import Program
from local.running import Running, nothing, url_of
from video_pipeline.topology import DEFAULT_REGION, LOCAL_API_PORT, LOCAL_AWS_PORT, LOCAL_SUFFIX


@dataclass(frozen=True)
class Options:
    """Port 0 means a free one. `variables` are added to every process's environment; `sweep_seconds` shortens the
    sweeper's schedule; `origins` are web origins, besides the API's own, whose pages may use API and buckets."""

    data: Path = Path(".local")
    api_port: int = LOCAL_API_PORT
    aws_port: int = LOCAL_AWS_PORT
    region: str = DEFAULT_REGION
    suffix: str = LOCAL_SUFFIX
    sweep_seconds: float | None = None
    origins: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


class System(Running):
    """`with System(Options(...)) as system:` starts it, waits until it is ready, and stops it. Raises `CannotStart`."""

    api_url: str
    aws_endpoint_url: str
    database_url: str
    new_api_key: str | None = None

    def __init__(
        self,
        options: Options,
        *,
        say: Callable[[str], None] = nothing,
        show: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        super().__init__(options.data, say=say, show=show)
        self.options = options

    @property
    def api_key(self) -> str:
        return self.places.api_key.read_text(encoding="utf-8").strip()

    def introduction(self) -> Sequence[str]:
        lines = [
            f"Dashboard      {self.api_url if built() else MISSING}",
            f"API            {self.api_url}/docs",
            f"AWS endpoint   {self.aws_endpoint_url}",
            f"Data and logs  {self.places.folder}",
        ]
        if self.new_api_key:
            lines.append(f"API key        {self.new_api_key}   (shown once; kept in {self.places.api_key})")
        return lines

    # -------------------------------------------------------------------------------------------- start
    def _start(self) -> None:
        began = time.monotonic()
        aws = self._listen(self.options.aws_port, "--aws-port")
        api = self._listen(self.options.api_port, "--api-port")
        self.aws_endpoint_url, self.api_url = url_of(aws), url_of(api)
        supervisor = self._supervise(self._variables())
        database, _ = supervisor.start(self._postgres(), self._aws(aws))
        self.database_url, self.new_api_key = database["url"], database["api_key"]
        self._say(f"Database and AWS answer after {time.monotonic() - began:.1f} s.")
        supervisor.start(self._worker(), self._pump(), self._api(api))
        self._describe()

    def _variables(self) -> dict[str, str]:
        own = variables(
            {**os.environ, **self.options.variables},
            region=self.options.region,
            suffix=self.options.suffix,
            aws_url=self.aws_endpoint_url,
            api_url=self.api_url,
        )
        if self.options.origins:
            own.setdefault("CORS_ORIGINS", json.dumps(list(self.options.origins)))
        return own

    def _describe(self) -> None:
        self.places.describe(
            {
                "api_url": self.api_url,
                "aws_endpoint_url": self.aws_endpoint_url,
                "region": self.options.region,
                "database_url": self.database_url,
                "suffix": self.options.suffix,
                "api_key_file": str(self.places.api_key),
                "pid": os.getpid(),
            }
        )

    # ----------------------------------------------------------------------------------------- programs
    def _postgres(self) -> Program:
        return Program("postgres", "local.postgres", ("--data", str(self.places.folder)), stop_seconds=30)

    def _aws(self, listener: socket.socket) -> Program:
        arguments = ["--data", str(self.places.folder), "--fd", str(listener.fileno()), "--boot", uuid4().hex]
        arguments += ["--region", self.options.region, "--suffix", self.options.suffix]
        for origin in (self.api_url, self.api_url.replace("127.0.0.1", "localhost"), *self.options.origins):
            arguments += ["--origin", origin]
        return Program("aws", "local.aws", tuple(arguments), (listener.fileno(),))

    def _worker(self) -> Program:
        return Program("worker", "containers.processor.main", reports=False, variables=self._database())

    def _pump(self) -> Program:
        arguments = ["--data", str(self.places.folder), "--endpoint", self.aws_endpoint_url]
        arguments += ["--region", self.options.region, "--suffix", self.options.suffix]
        if self.options.sweep_seconds is not None:
            arguments += ["--every", str(self.options.sweep_seconds)]
        return Program("pump", "local.pump", tuple(arguments), variables=self._database())

    def _api(self, listener: socket.socket) -> Program:
        number = listener.fileno()
        return Program("api", "local.api", ("--fd", str(number)), (number,), variables=self._database())

    def _database(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url}
