"""A deployed suffix from the outside: what it says about itself, and the function that reaches its database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import ValidationError

from video_pipeline.deployment import Deployment
from video_pipeline.errors import BadInput, Misconfigured, NotFound, Unavailable
from video_pipeline.model import ApiKey, Scope
from video_pipeline.topology import DEPLOYMENT, resource_name

if TYPE_CHECKING:
    from video_pipeline.aws.clients import Clients


def read_deployment(clients: Clients, suffix: str, region: str) -> Deployment:
    """Misconfigured("deployment_missing") or ("deployment_malformed")."""
    from video_pipeline.aws.errors import translated

    name, client = resource_name(DEPLOYMENT, suffix), clients.of("ssm")
    try:
        with translated("ssm:GetParameter", name):
            text = client.get_parameter(Name=name)["Parameter"]["Value"]
        return Deployment.model_validate_json(text)
    except BadInput as error:
        if error.facts.get("aws_code") != "ParameterNotFound":
            raise
        message = f"No deployment `{suffix}` in {region}: there is no SSM parameter {name}."
        hint = (
            f"Deploy it with `./deploy.sh {suffix}`, or check the suffix, AWS_REGION and whose credentials these are."
        )
        raise Misconfigured("deployment_missing", message, hint=hint) from error
    except ValidationError as error:
        message = f"The SSM parameter {name} does not describe a deployment."
        raise Misconfigured("deployment_malformed", message, hint=f"Deploy: `./deploy.sh {suffix}`.") from error


class RemoteKeys:
    """The keys of a deployment, by its administration function `function`."""

    def __init__(self, clients: Clients, function: str) -> None:
        self._clients = clients
        self._function = function

    def create(self, name: str, scopes: Sequence[Scope] = ()) -> tuple[ApiKey, str]:
        answer = self._ask(do="create_key", name=name, scopes=list(scopes))
        text = str(answer.pop("key"))
        return ApiKey.model_validate(answer), text

    def all(self) -> list[ApiKey]:
        return [ApiKey.model_validate(each) for each in self._ask(do="list_keys")["keys"]]

    def revoke(self, key_id: UUID) -> bool:
        """False if there is no such key to revoke."""
        try:
            self._ask(do="revoke_key", key_id=str(key_id))
        except NotFound:
            return False
        return True

    def _ask(self, **request: object) -> dict[str, Any]:
        return ask(self._clients, self._function, **request)


def ask(clients: Clients, function: str, **request: object) -> dict[str, Any]:
    """The answer of a deployed function. Raises what it refused, and `Unavailable` when it failed."""
    from video_pipeline.aws.errors import translated

    with translated("lambda:InvokeFunction", function):
        answer = clients.invoker.invoke(FunctionName=function, Payload=json.dumps(request).encode())
        payload = answer["Payload"].read()
    document = json.loads(payload)
    if answer.get("FunctionError"):
        said = f"{document.get('errorType', 'Error')}: {document.get('errorMessage', '')}"
        hint = f"Its log group: /aws/lambda/{function}."
        raise Unavailable("function_failed", f"{function} failed. {said}", hint=hint)
    if "error" in document:
        raise _refusal(document["error"])
    found: dict[str, Any] = document
    return found


def _refusal(error: dict[str, str]) -> BadInput:
    kind = NotFound if error["code"] == "key_missing" else BadInput
    return kind(error["code"], error["message"], hint=error["hint"])
