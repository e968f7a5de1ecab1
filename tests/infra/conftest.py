"""The stack, synthesised once for all tests."""

from __future__ import annotations

import pytest

from tests.infra.synthesis import Synthesised, synthesise


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    return synthesise(tmp_path_factory.mktemp("dev"), "test-x1")


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    mail = {"mail_domain": "videos.example.com", "mail_allowed": ["example.com"], "human_address": "desk@example.com"}
    return synthesise(tmp_path_factory.mktemp("prod"), "prod-x1", alarm_email="ops@example.com", **mail)


@pytest.fixture(scope="session")
def registry(prod: Synthesised) -> Synthesised:
    """The stack beside it, which both environments have alike."""
    return prod.beside("registry")
