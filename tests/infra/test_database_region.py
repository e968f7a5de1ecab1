from __future__ import annotations

from pathlib import Path

import pytest

from lib.environments import BadSetting
from tests.infra.synthesis import synthesise


def test_a_region_whose_database_nobody_would_believe_is_refused_before_it_is_deployed(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="no root certificate of RDS for il-central-1"):
        synthesise(tmp_path, "dev", region="il-central-1")


def test_the_servers_certificate_is_of_the_authority_that_clients_believe(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, "prod", region="eu-central-1")
    instances = stack.resources("aws_rds_cluster_instance")
    assert len(instances) == 2
    assert {each["ca_cert_identifier"] for each in instances.values()} == {"rds-ca-rsa2048-g1"}
