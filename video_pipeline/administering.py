"""What an operator asks of the database from outside the network that it lies in: migrations and API keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from video_pipeline.errors import BadInput, NotFound
from video_pipeline.keys import create_key
from video_pipeline.model import Scope
from video_pipeline.ports import Keys


class _Request(BaseModel):
    """Fields that are not known are ignored: whoever deploys adds some of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Migrate(_Request):
    do: Literal["migrate"]


class CreateKey(_Request):
    do: Literal["create_key"]
    name: str
    scopes: tuple[Scope, ...] = ()


class ListKeys(_Request):
    do: Literal["list_keys"]


class RevokeKey(_Request):
    do: Literal["revoke_key"]
    key_id: UUID


Request = Migrate | CreateKey | ListKeys | RevokeKey
_REQUESTS: Final[TypeAdapter[Request]] = TypeAdapter(Annotated[Request, Field(discriminator="do")])
_HINT: Final = "`do` is migrate, create_key (with `name`, perhaps `scopes`), list_keys or revoke_key (with `key_id`)."


def read_request(document: object) -> Request:
    """BadInput("administration_unclear") says what is wrong with it."""
    try:
        return _REQUESTS.validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = first["loc"][-1] if first["loc"] else "do"
        message = f"The request is not understood: {where}: {first['msg']}."
        raise BadInput("administration_unclear", message, hint=_HINT) from error


class Administering:
    """Answers are JSON documents. The text of a new key is in the one answer that made it, and kept nowhere."""

    def __init__(self, migrate: Callable[[], list[str]], keys: Keys) -> None:
        self._migrate = migrate
        self._keys = keys

    def do(self, request: Request) -> dict[str, Any]:
        """`{"applied": [file, …]}`, a key with its text as `key`, `{"keys": […]}` or `{"revoked": id}`.

        BadInput("key_name_wrong"), NotFound("key_missing").
        """
        match request:
            case Migrate():
                return {"applied": self._migrate()}
            case CreateKey(name=name, scopes=scopes):
                key, text = create_key(self._keys, name, scopes)
                return key.model_dump(mode="json") | {"key": text}
            case ListKeys():
                return {"keys": [key.model_dump(mode="json") for key in self._keys.all()]}
            case RevokeKey(key_id=key_id):
                return self._revoke(key_id)

    def _revoke(self, key_id: UUID) -> dict[str, Any]:
        if not self._keys.revoke(key_id):
            message = f"There is no key {key_id} that could be revoked."
            raise NotFound("key_missing", message, hint="`video-pipeline keys list` shows what there is.")
        return {"revoked": str(key_id)}
