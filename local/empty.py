"""An AWS without resources, and the PostgreSQL that stands for its databases: for Terraform to fill."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.environment import variables
from local.process import Program
from local.running import Running, nothing, url_of
from video_pipeline.topology import DEFAULT_REGION, LOCAL_AWS_PORT, LOCAL_SUFFIX

# Beside what `up` keeps, so that a system can be attached with the same data folder.
FOLDER = "empty"


@dataclass(frozen=True)
class EmptyOptions:
    """Port 0 means a free one."""

    data: Path = Path(".local")
    aws_port: int = LOCAL_AWS_PORT
    region: str = DEFAULT_REGION


class Empty(Running):
    """What was made in it ends with it: it begins with nothing each time."""

    aws_endpoint_url: str

    def __init__(
        self,
        options: EmptyOptions,
        *,
        say: Callable[[str], None] = nothing,
        show: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        super().__init__(options.data / FOLDER, say=say, show=show)
        self._options = options

    def introduction(self) -> Sequence[str]:
        url = self.aws_endpoint_url
        return [
            f"AWS endpoint   {url}",
            f"Logs           {self.places.logs}",
            "It holds nothing yet, and forgets everything when it ends. In another terminal:",
            f"  export AWS_ENDPOINT_URL={url} AWS_REGION={self._options.region}",
            "  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
            "  ./deploy.sh dev",
            f"  video-pipeline up --attach {url} --suffix dev",
        ]

    def _start(self) -> None:
        for leftover in ("aws", "postgres", "logs"):
            shutil.rmtree(self.places.folder / leftover, ignore_errors=True)
        aws = self._listen(self._options.aws_port, "--aws-port")
        self.aws_endpoint_url = url_of(aws)
        supervisor = self._supervise(self._variables())
        [database] = supervisor.start(self._postgres())
        supervisor.start(self._aws(aws, database["url"]))

    def _postgres(self) -> Program:
        arguments = ("--data", str(self.places.folder), "--bare")
        return Program("postgres", "local.postgres", arguments, stop_seconds=30)

    def _aws(self, listener: socket.socket, databases: str) -> Program:
        number = listener.fileno()
        arguments = ("--empty", "--data", str(self.places.folder), "--fd", str(number), "--databases", databases)
        return Program("aws", "local.aws", arguments, (number,))

    def _variables(self) -> dict[str, str]:
        return variables(
            os.environ,
            region=self._options.region,
            suffix=LOCAL_SUFFIX,
            aws_url=self.aws_endpoint_url,
            api_url="",
        )
