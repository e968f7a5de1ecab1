"""How moto's classes are given other methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Anything = TypeVar("Anything")


def replace(owner: object, name: str) -> Callable[[Anything], Anything]:
    """Puts the decorated thing in place of an attribute. A name that moto has dropped is an error."""
    if not hasattr(owner, name):
        raise AttributeError(f"{owner!r} has no {name}: this version of moto is not the one these patches are for")
    return add(owner, name)


def add(owner: object, name: str) -> Callable[[Anything], Anything]:
    """Puts the decorated thing where moto has nothing yet."""

    def put(thing: Anything) -> Anything:
        setattr(owner, name, thing)
        return thing

    return put
