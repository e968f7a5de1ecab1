"""Lambda's Invoke without Docker: the deployed archive runs in processes of its own, with its layers beside it.

A function's own environment variables hold, but what can't be reached here is replaced: AWS itself, and the database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local.aws.databases import Databases
from local.aws.delivering import to_dead_letters
from local.aws.unpacking import Archives, like_lambda
from local.environment import variables
from local.pump.answers import Answer, NotInvoked
from local.pump.pool import Busy, Environments, FunctionSpec

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

log = logging.getLogger(__name__)
# Of a function that reserves nothing.
CONCURRENCY: Final = 10
# An event that nobody waits for is tried again after these seconds; Lambda lets one and two minutes pass.
PAUSES: Final = (0.5, 1.0)
_LAYER_ROOT: Final = "/opt/"


@dataclass(frozen=True)
class Deployed:
    """A function as it is deployed now: with another one of these it needs other processes."""

    spec: FunctionSpec
    variables: Mapping[str, str]
    region: str


class Host:
    """Runs functions. Unpacked code goes below `folder`, what they write to `logs`."""

    def __init__(self, folder: Path, logs: Path, endpoint: str, databases: Databases | None) -> None:
        self._archives = Archives(folder)
        self._logs = logs
        self._endpoint = endpoint
        self._databases = databases
        self._pools: dict[str, tuple[Deployed, Environments]] = {}
        self._changing = threading.Lock()

    def invoke(self, function: LambdaFunction, event: object) -> Answer:
        """Raises `Busy`, or `NotInvoked`."""
        return self._pool(function).invoke(event, wait=False)

    def invoke_later(self, function: LambdaFunction, event: object) -> None:
        """Beside the caller. What fails for good goes to the function's dead-letter queue, if it has one."""
        threading.Thread(target=self._patiently, args=(function, event), daemon=True).start()

    def forget(self, function: LambdaFunction) -> None:
        """Ends the processes of a function that was changed or deleted, once they have answered."""
        with self._changing:
            if known := self._pools.pop(function.function_arn, None):
                known[1].retire()

    def close(self) -> None:
        with self._changing:
            for _, pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _pool(self, function: LambdaFunction) -> Environments:
        deployed = self._deployed(function)
        with self._changing:
            known = self._pools.get(function.function_arn)
            if known is not None and known[0] == deployed:
                return known[1]
            if known is not None:
                known[1].retire()
            pool = Environments(deployed.spec, deployed.variables, self._logs, deployed.region)
            self._pools[function.function_arn] = deployed, pool
            return pool

    def _patiently(self, function: LambdaFunction, event: object) -> None:
        for attempt, pause in enumerate((*PAUSES, None), start=1):
            answer = self._attempt(function, event)
            if answer.error is None:
                return
            if pause is None:
                log.error("an event was given up", extra={"function": function.function_name, "attempts": attempt})
                to_dead_letters(function, self._endpoint, event, answer.error)
            else:
                threading.Event().wait(pause)

    def _attempt(self, function: LambdaFunction, event: object) -> Answer:
        """A function at its limit counts as no attempt."""
        while True:
            try:
                return self.invoke(function, event)
            except Busy:
                threading.Event().wait(PAUSES[0])
            except NotInvoked as error:
                return Answer(error={"errorType": "Sandbox.NotStarted", "errorMessage": str(error)})

    # ------------------------------------------------------------------------------- what a function needs
    def _deployed(self, function: LambdaFunction) -> Deployed:
        code = self._archives.unpacked(function.code_sha_256, function.code_bytes)
        layers = [self._layer(function, each["Arn"]) for each in function.layers] if like_lambda() else []
        reserved = function.reserved_concurrency
        spec = FunctionSpec(
            function.function_name,
            str(function.handler).rpartition(".")[0],
            float(function.timeout),
            int(function.memory_size),
            concurrency=CONCURRENCY if reserved is None else int(reserved),
            isolated=bool(layers),
        )
        return Deployed(spec, self._variables(function, code, layers), function.region)

    def _layer(self, function: LambdaFunction, arn: str) -> Path:
        from moto.awslambda.utils import get_backend

        version = get_backend(function.account_id, function.region).layers_versions_by_arn(arn)
        if version is None:
            raise NotInvoked(f"the layer {arn} is gone")
        return self._archives.unpacked(version.code_sha_256, version.code_bytes)

    def _variables(self, function: LambdaFunction, code: Path, layers: list[Path]) -> dict[str, str]:
        own = {name: _beside(value, layers) for name, value in function.environment_vars.items()}
        if self._databases and own.get("DATABASE_HOST"):
            own["DATABASE_URL"] = self._databases.url(own["DATABASE_HOST"])
        around = variables(
            {},
            region=function.region,
            suffix=own.get("ENVIRONMENT_SUFFIX", ""),
            aws_url=self._endpoint,
            api_url=own.get("PUBLIC_URL", ""),
        )
        path = [str(code), *(str(layer / "python") for layer in layers)]
        return {**around, **own, "PYTHONPATH": ":".join(path)}


def _beside(value: str, layers: list[Path]) -> str:
    """A path below /opt, where Lambda puts layers, as it is here."""
    for layer in layers:
        if value.startswith(_LAYER_ROOT) and (layer / value.removeprefix(_LAYER_ROOT)).exists():
            return str(layer / value.removeprefix(_LAYER_ROOT))
    return value
