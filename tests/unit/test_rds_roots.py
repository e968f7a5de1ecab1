"""The root certificates by which a database of RDS proves who it is."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from video_pipeline.aws.rds import ROOTS

ROOT = Path(__file__).resolve().parents[2]
CERTIFICATES = x509.load_pem_x509_certificates(ROOTS.read_bytes())
ONE_TO_A_REGION = re.compile(r"Amazon RDS ([a-z]{2}-[a-z]+-\d) Root CA RSA2048 G1")


def name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


def region(certificate: x509.Certificate) -> str:
    found = ONE_TO_A_REGION.fullmatch(name(certificate))
    assert found, name(certificate)
    return found[1]


@pytest.mark.parametrize("certificate", CERTIFICATES, ids=name)
def test_each_is_a_root_of_rds_that_signed_itself_and_lasts_for_decades(certificate: x509.Certificate) -> None:
    assert region(certificate)
    certificate.verify_directly_issued_by(certificate)
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 2048
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    assert certificate.not_valid_before_utc < datetime(2024, 1, 1, tzinfo=UTC)
    assert certificate.not_valid_after_utc > datetime(2061, 5, 1, tzinfo=UTC)


def test_every_region_of_the_bundle_is_there_once_under_its_name() -> None:
    regions = [region(each) for each in CERTIFICATES]
    assert len(regions) == len(set(regions)) == 27
    assert {"us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "eu-north-1"} <= set(regions)
    named = re.findall(r"^# ([a-z0-9-]+)$", ROOTS.read_text(encoding="ascii"), re.MULTILINE)
    assert named == regions == sorted(regions)


def test_whoever_installs_the_product_has_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["video_pipeline"]
    package = ROOT / "video_pipeline"
    assert ROOTS in {path for pattern in patterns for path in package.glob(pattern)}
