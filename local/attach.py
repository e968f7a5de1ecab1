"""A system that Terraform has made at an endpoint, at work: what AWS would do with it by itself is done here.

Functions run where Invoke is answered, with the code, layers and variables that were deployed. The worker runs this
checkout's code, since no container is started here, with the environment of the deployed task definition.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.deployed import Deployed
from local.environment import variables
from local.postgres import ensure_key
from local.process import Program
from local.running import Running, nothing, url_of
from local.supervisor import CannotStart
from video_pipeline.errors import PipelineError
from video_pipeline.settings import BY_UNIT
from video_pipeline.topology import DEFAULT_REGION, LOCAL_API_PORT, QUESTION_API


@dataclass(frozen=True)
class AttachOptions:
    """`overrides` are environment variables of the worker."""

    endpoint: str
    suffix: str
    data: Path = Path(".local")
    region: str = DEFAULT_REGION
    api_port: int = LOCAL_API_PORT
    overrides: Mapping[str, str] = field(default_factory=dict)


class Attached(Running):
    """Streams, queues and schedules that are made later are not noticed."""

    api_url: str
    database_url: str
    new_api_key: str | None = None

    def __init__(
        self,
        options: AttachOptions,
        *,
        say: Callable[[str], None] = nothing,
        show: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        super().__init__(options.data, say=say, show=show)
        self._options = options

    def introduction(self) -> Sequence[str]:
        lines = [
            f"Attached to    {self._options.suffix} at {self._options.endpoint}",
            f"API            {self.api_url}/docs",
            f"Data and logs  {self.places.folder}",
        ]
        if self.new_api_key:
            lines.append(f"API key        {self.new_api_key}   (shown once; kept in {self.places.api_key})")
        return lines

    def _start(self) -> None:
        api = self._listen(self._options.api_port, "--api-port")
        self.api_url = url_of(api)
        deployed = Deployed(self._options.endpoint, self._options.region, self._options.suffix)
        worker = {**deployed.worker(), **self._options.overrides}
        self.database_url = worker.get("DATABASE_URL") or deployed.database(worker.get("DATABASE_HOST"))
        self.new_api_key = self._ensure_key()
        supervisor = self._supervise(self._variables())
        supervisor.start(self._worker(worker), self._pump(), self._front(api, deployed))
        self._describe()

    def _ensure_key(self) -> str | None:
        try:
            return ensure_key(self.database_url, self.places.api_key)
        except PipelineError as error:
            raise CannotStart(f"The database of {self._options.suffix} can't be used: {error.message}") from error

    def _variables(self) -> dict[str, str]:
        """What the user's own shell sets for a system on this machine is not meant for a deployed one."""
        settings = {name.upper() for unit in BY_UNIT.values() for name in unit.model_fields}
        return variables(
            {name: value for name, value in os.environ.items() if name.upper() not in settings},
            region=self._options.region,
            suffix=self._options.suffix,
            aws_url=self._options.endpoint,
            api_url=self.api_url,
        )

    def _describe(self) -> None:
        self.places.describe(
            {
                "api_url": self.api_url,
                "aws_endpoint_url": self._options.endpoint,
                "region": self._options.region,
                "database_url": self.database_url,
                "suffix": self._options.suffix,
                "api_key_file": str(self.places.api_key),
                "attached": True,
                "pid": os.getpid(),
            }
        )

    # ----------------------------------------------------------------------------------------- programs
    def _worker(self, environment: Mapping[str, str]) -> Program:
        scratch = self.places.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        here = {"SCRATCH_FOLDER": str(scratch), "DATABASE_URL": self.database_url}
        own = {**environment, **here, **self._options.overrides}
        return Program("worker", "containers.processor.main", reports=False, variables=own)

    def _pump(self) -> Program:
        arguments = ("--attached", "--data", str(self.places.folder), *self._target())
        return Program("pump", "local.pump", (*arguments, "--suffix", self._options.suffix))

    def _front(self, listener: socket.socket, deployed: Deployed) -> Program:
        number = listener.fileno()
        function = deployed.deployment.functions[QUESTION_API.unit]
        arguments = ("--fd", str(number), "--function", function, *self._target())
        return Program("api", "local.front", arguments, (number,))

    def _target(self) -> tuple[str, ...]:
        return "--endpoint", self._options.endpoint, "--region", self._options.region
