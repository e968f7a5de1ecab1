"""The stack, synthesised once for all tests."""

from __future__ import annotations

import pytest

from tests.infra.synthesis import Synthesised, build_of, synthesise


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    folder = tmp_path_factory.mktemp("dev")
    return synthesise(folder, "test-x1", dashboard=build_of(folder / "dist"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    mail = {"mail_domain": "videos.example.com", "mail_allowed": ["example.com"], "human_address": "desk@example.com"}
    folder = tmp_path_factory.mktemp("prod")
    web = {
        "web_path": "/films",
        "web_domain": "videos.example.com",
        "web_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/0",
    }
    dashboard = build_of(folder / "dist")
    return synthesise(folder, "prod-x1", dashboard=dashboard, **web, alarm_email="ops@example.com", **mail)


@pytest.fixture(scope="session")
def registry(prod: Synthesised) -> Synthesised:
    """The stack beside it, which both environments have alike."""
    return prod.beside("registry")
