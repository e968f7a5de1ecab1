"""API keys are unguessable, kept only as hashes, and refused with a reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from video_pipeline.errors import BadInput
from video_pipeline.keys import check_key, create_key, require
from video_pipeline.model import ApiKey, Scope


class FakeKeys:
    def __init__(self) -> None:
        self.kept: dict[str, ApiKey] = {}
        self.asked: list[str] = []

    def create(self, name: str, prefix: str, sha256: str, scopes: Collection[Scope] = ()) -> ApiKey:
        made = datetime.now(UTC)
        self.kept[sha256] = ApiKey(id=uuid4(), name=name, prefix=prefix, scopes=tuple(scopes), created_at=made)
        return self.kept[sha256]

    def find(self, sha256: str) -> ApiKey | None:
        self.asked.append(sha256)
        return self.kept.get(sha256)

    def all(self) -> list[ApiKey]:
        return list(self.kept.values())

    def revoke(self, key_id: UUID) -> bool:
        self.kept = {digest: key for digest, key in self.kept.items() if key.id != key_id}
        return True


def test_a_new_key_is_shown_once_and_kept_as_its_hash() -> None:
    keys = FakeKeys()
    key, text = create_key(keys, "  laptop ")
    assert re.fullmatch(r"vp_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", text)
    assert (key.name, text.split("_")[1]) == ("laptop", key.prefix)
    assert list(keys.kept) == [hashlib.sha256(text.encode()).hexdigest()]
    assert check_key(keys, text) == key


def test_no_two_keys_are_alike() -> None:
    keys = FakeKeys()
    assert len({create_key(keys, "k")[1] for _ in range(50)}) == 50


@pytest.mark.parametrize("presented", [None, ""])
def test_no_key_is_told_from_a_wrong_one(presented: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        check_key(FakeKeys(), presented)
    assert caught.value.code == "api_key_missing"


def test_a_revoked_key_is_wrong() -> None:
    keys = FakeKeys()
    key, text = create_key(keys, "k")
    keys.revoke(key.id)
    with pytest.raises(BadInput) as caught:
        check_key(keys, text)
    assert caught.value.code == "api_key_wrong"


@pytest.mark.parametrize("presented", ["nonsense", "vp_", "vp_00000000_" + "a" * 42, "x" * 1_000_000, "vp_0000000ä_é"])
def test_what_can_not_be_a_key_never_reaches_the_database(presented: str) -> None:
    keys = FakeKeys()
    with pytest.raises(BadInput) as caught:
        check_key(keys, presented)
    assert caught.value.code == "api_key_wrong"
    assert keys.asked == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "\x1b[31m"])
def test_a_key_without_a_readable_name_is_not_made(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        create_key(FakeKeys(), name)
    assert caught.value.code == "key_name_wrong"


def test_only_a_key_with_the_scope_may_operate() -> None:
    keys = FakeKeys()
    plain, _ = create_key(keys, "reader")
    operator, text = create_key(keys, "operator", ("operate",))
    require(check_key(keys, text), "operate")
    assert operator.scopes == ("operate",)
    with pytest.raises(BadInput, match="may not operate") as refused:
        require(plain, "operate")
    assert refused.value.code == "scope_missing"
