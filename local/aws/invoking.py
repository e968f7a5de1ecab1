"""Lambda's Invoke without Docker: the deployed archive runs in a process of its own, with its layers beside it.

A function's own environment variables hold, but what can't be reached here is replaced: AWS itself, and the database,
since the emulated RDS has no SQL. Every cluster gets a database of its own in the embedded PostgreSQL.
"""

from __future__ import annotations

import io
import json
import platform
import sys
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from local.aws.patching import replace
from local.environment import variables
from local.pump.pool import Environment, FunctionSpec

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

_LAYER_ROOT: Final = "/opt/"


@dataclass(frozen=True)
class Host:
    """`databases`: the URL of a PostgreSQL server in which databases may be made; `folder` is for unpacked code."""

    folder: Path
    endpoint: str
    databases: str | None


def install(host: Host) -> None:
    """To be called before the first request."""
    from moto.awslambda.models import LambdaFunction

    @replace(LambdaFunction, "_invoke_lambda")
    def invoke(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        return Invocation(host, self).run(event or {})


class Invocation:
    """One cold start and one event: Terraform calls seldom, and by then the code may be another."""

    _unpacking: Final = threading.Lock()

    def __init__(self, host: Host, function: LambdaFunction) -> None:
        self._host = host
        self._function = function

    def run(self, event: Any) -> tuple[str, bool, str]:
        """The answer as JSON, whether it is an error, and the log (which goes to a file here)."""
        code, layers = self._unpacked()
        spec = FunctionSpec(
            self._function.function_name,
            self._function.handler.rpartition(".")[0],
            float(self._function.timeout),
            int(self._function.memory_size),
            isolated=bool(layers),
        )
        environment = Environment(spec, self._variables(code, layers), self._host.folder)
        try:
            answer = environment.invoke(event, self._function.region)
        finally:
            environment.close()
        if answer.error is not None:
            return json.dumps(answer.error), True, ""
        return json.dumps(answer.payload), False, ""

    def _unpacked(self) -> tuple[Path, list[Path]]:
        """The archive's folder, and those of the layers if their packages are for this machine."""
        with self._unpacking:
            code = self._unpack(self._function.code_sha_256, self._function.code_bytes)
            layers = [self._layer(each["Arn"]) for each in self._function.layers] if _like_lambda() else []
        return code, layers

    def _layer(self, arn: str) -> Path:
        from moto.awslambda.utils import get_backend

        version = get_backend(self._function.account_id, self._function.region).layers_versions_by_arn(arn)
        if version is None:
            raise RuntimeError(f"the layer {arn} is gone")
        return self._unpack(version.code_sha_256, version.code_bytes)

    def _unpack(self, digest: str, archive: bytes) -> Path:
        target = self._host.folder / digest.replace("/", "_").replace("=", "")
        if not target.exists():
            draft = target.with_suffix(".tmp")
            with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                packed.extractall(draft)
            draft.rename(target)
        return target

    def _variables(self, code: Path, layers: list[Path]) -> dict[str, str]:
        own = {name: _beside(value, layers) for name, value in self._function.environment_vars.items()}
        if self._host.databases and own.get("DATABASE_HOST"):
            own["DATABASE_URL"] = database_of(own["DATABASE_HOST"], self._host.databases)
        around = variables(
            {},
            region=self._function.region,
            suffix=own.get("ENVIRONMENT_SUFFIX", ""),
            aws_url=self._host.endpoint,
            api_url=own.get("PUBLIC_URL", ""),
        )
        path = [str(code), *(str(layer / "python") for layer in layers)]
        return {**around, **own, "PYTHONPATH": ":".join(path)}


def _like_lambda() -> bool:
    """Whether packages that were built for Lambda run here."""
    return (sys.platform, platform.machine(), sys.version_info[:2]) == ("linux", "x86_64", (3, 11))


def _beside(value: str, layers: list[Path]) -> str:
    """A path below /opt, where Lambda puts layers, as it is here."""
    for layer in layers:
        if value.startswith(_LAYER_ROOT) and (layer / value.removeprefix(_LAYER_ROOT)).exists():
            return str(layer / value.removeprefix(_LAYER_ROOT))
    return value


def database_of(host: str, server: str) -> str:
    """The URL of the database that stands for the cluster at `host`; it is made when it is first asked for."""
    name = host.partition(".")[0].replace("-", "_")
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
        if known is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return make_conninfo(server, dbname=name)
