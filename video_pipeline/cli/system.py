"""Which system the commands talk to: the one on this machine, or a deployed one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from video_pipeline.errors import BadInput, Misconfigured, NotRunning, Unavailable
from video_pipeline.topology import DEFAULT_REGION, LOCAL_API_PORT, LOCAL_SUFFIX, MEDIA_BUCKET, Function, resource_name

if TYPE_CHECKING:
    from video_pipeline.aws.clients import Clients
    from video_pipeline.deployment import Deployment

START: Final = "Start it with `video-pipeline up`."
DESCRIPTION: Final = "endpoint.json"
DATA_FOLDER: Final = Path(".local")
_ATTEMPTS: Final = 3


@dataclass(frozen=True)
class Options:
    """What flags and the environment say."""

    data: Path = DATA_FOLDER
    api_url: str | None = None
    api_key: str | None = None
    aws_endpoint_url: str | None = None
    region: str | None = None
    suffix: str | None = None


@dataclass(frozen=True)
class Local:
    """What the system on this machine wrote about itself when it started.

    `attached`: it was deployed, to an AWS that is not AWS, and says itself where its parts are.
    """

    api_url: str
    aws_endpoint_url: str
    region: str
    database_url: str
    suffix: str
    api_key_file: str
    attached: bool = False


class System:
    """The addresses and credentials of one system."""

    def __init__(self, options: Options) -> None:
        self._options = options

    @property
    def data(self) -> Path:
        """The folder of the system on this machine, whether it runs or not."""
        return self._options.data

    @cached_property
    def local(self) -> Local | None:
        """The system on this machine, unless another one is meant."""
        described = _described(self._options.data / DESCRIPTION)
        another = described is not None and self._options.suffix not in (None, described.suffix)
        return None if another else described

    @property
    def suffix(self) -> str:
        if self._options.suffix:
            return self._options.suffix
        if self.local:
            return self.local.suffix
        if self._options.aws_endpoint_url:
            return LOCAL_SUFFIX
        raise self.nothing_described("ENVIRONMENT_SUFFIX (and AWS credentials)")

    def named(self, suffix: str | None) -> System:
        """The system of this suffix; this one for None."""
        return self if suffix is None else System(replace(self._options, suffix=suffix))

    # ----------------------------------------------------------------------------------------- deployed
    @property
    def deployed(self) -> bool:
        """Whether a deployed suffix is meant, and not a system that was made on this machine."""
        if self.local is not None:
            return self.local.attached
        return self._options.suffix not in (None, LOCAL_SUFFIX)

    @cached_property
    def deployment(self) -> Deployment:
        """What the deployed suffix says about itself, or `Misconfigured`."""
        from video_pipeline.cli.deployed import read_deployment

        with self.reaching() as clients:
            return read_deployment(clients, self.suffix, self.region)

    def function(self, unit: Function) -> str:
        """The name of a deployed function."""
        return self.deployment.functions.get(unit.unit, resource_name(unit.unit, self.suffix))

    @property
    def media_bucket(self) -> str:
        """MEDIA_BUCKET, else what the deployment says, else what the suffix implies."""
        if given := os.environ.get("MEDIA_BUCKET"):
            return given
        return self.deployment.media_bucket if self.deployed else resource_name(MEDIA_BUCKET, self.suffix)

    # -------------------------------------------------------------------------------------------- API
    @property
    def api_url(self) -> str:
        if self._options.api_url:
            return self._options.api_url.rstrip("/")
        if self.local:
            return self.local.api_url.rstrip("/")
        if self.deployed:
            return self._deployed_api_url()
        return f"http://127.0.0.1:{LOCAL_API_PORT}"

    def _deployed_api_url(self) -> str:
        try:
            return self.deployment.api_url.rstrip("/")
        except Misconfigured as error:
            hint = f"{error.hint} Or set VIDEO_PIPELINE_API_URL."
            raise Misconfigured(error.code, error.message, hint=hint) from error

    @property
    def api_key(self) -> str | None:
        """The local key goes to the local system only."""
        if self._options.api_key:
            return self._options.api_key
        if self.local and self.api_url == self.local.api_url.rstrip("/"):
            return _key_in(Path(self.local.api_key_file))
        return None

    # -------------------------------------------------------------------------------------------- AWS
    @property
    def aws_endpoint_url(self) -> str | None:
        """None: AWS itself."""
        if self._options.aws_endpoint_url:
            return self._options.aws_endpoint_url
        return self.local.aws_endpoint_url if self.local else None

    @property
    def region(self) -> str:
        return self._options.region or (self.local.region if self.local else DEFAULT_REGION)

    @cached_property
    def clients(self) -> Clients:
        """For use inside `reaching`."""
        from video_pipeline.aws.clients import Clients

        _ = self.suffix  # settles that some system is meant before AWS itself is asked
        here = self.local is not None and self.aws_endpoint_url == self.local.aws_endpoint_url
        endpoint = self.aws_endpoint_url
        return Clients(self.region, endpoint=endpoint, attempts=_ATTEMPTS, access_key="local" if here else None)

    @contextmanager
    def reaching(self) -> Iterator[Clients]:
        """AWS's clients; says where nobody answered."""
        try:
            yield self.clients
        except Unavailable as error:
            if error.code != "aws_unreachable" or self.aws_endpoint_url is None:
                raise
            raise NotRunning(f"Nothing answers at {self.aws_endpoint_url}.", hint=START) from error

    # --------------------------------------------------------------------------------------- database
    @property
    def database_url(self) -> str | None:
        """None: as the environment says."""
        return self.local.database_url if self.local and "DATABASE_URL" not in os.environ else None

    def nothing_described(self, otherwise: str) -> NotRunning:
        """Neither a system on this machine nor, by setting `otherwise`, another one is meant."""
        message = f"Nothing runs here: there is no {self._options.data / DESCRIPTION}."
        return NotRunning(message, hint=f"{START} For a deployed system set {otherwise}.")


def system_of(context: typer.Context) -> System:
    """The system that this invocation's flags and environment mean."""
    found = context.find_object(System)
    return found if found is not None else System(Options())


def _described(path: Path) -> Local | None:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        told = {name: str(document[name]) for name in Local.__dataclass_fields__ if name != "attached"}
        return Local(**told, attached=document.get("attached") is True)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} can't be used: {error!r}."
        raise Misconfigured("endpoint_file_malformed", message, hint="Restart `video-pipeline up`.") from error


def _key_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"The local API key can't be read from {path}."
        raise BadInput("api_key_missing", message, hint="Set VIDEO_PIPELINE_API_KEY.") from error
