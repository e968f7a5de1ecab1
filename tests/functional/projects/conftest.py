"""The web of one test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functional.projects.webserver import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served
