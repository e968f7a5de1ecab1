"""A database of RDS: whom a connection believes, and what happens when its password is rotated."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import EmulatedAws
from video_pipeline.aws.rds import ROOTS, RdsAddress
from video_pipeline.database import Address, Database
from video_pipeline.errors import Misconfigured, Unavailable
from video_pipeline.settings import AdministrationSettings, IngestSettings
from video_pipeline.wiring import database_address, database_url, open_administration, open_database

HOST = "ledger.cluster-c0.us-east-1.rds.amazonaws.com"
UGLY = r"""a b'c\"=%@/:#?&é"""


@dataclass
class Secret:
    """A login in the emulated Secrets Manager, and how often it was read."""

    client: Any
    arn: str
    reads: int = 0

    def put(self, user: str, password: str) -> None:
        self.client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(login(user, password)))


def login(user: str, password: str) -> dict[str, str]:
    return {"username": user, "password": password}


@pytest.fixture
def secret(aws: EmulatedAws) -> Iterator[Secret]:
    client = aws.clients.secrets
    made = client.create_secret(Name=f"login-{aws.suffix}", SecretString=json.dumps(login("rita", UGLY)))
    held = Secret(client, made["ARN"])

    def count(**_: Any) -> None:
        held.reads += 1

    client.meta.events.register("before-call.secrets-manager.GetSecretValue", count)
    yield held
    client.meta.events.unregister("before-call.secrets-manager.GetSecretValue", count)


# ---------------------------------------------------------------------------------------- the address
def test_settings_of_a_deployed_process_demand_a_verified_server(
    aws: EmulatedAws, secret: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings = IngestSettings(database_secret_arn=secret.arn, database_host=HOST, database_name="ledger")
    assert conninfo_to_dict(database_url(settings, aws.clients)) == {
        "host": HOST,
        "dbname": "ledger",
        "user": "rita",
        "password": UGLY,
        "sslmode": "verify-full",
        "sslrootcert": str(ROOTS),
    }


def test_a_secret_is_read_seldom_and_anew_when_it_must_be_fresh(aws: EmulatedAws, secret: Secret) -> None:
    address = RdsAddress(aws.clients.secrets, secret.arn, host=HOST, name="ledger")
    first = address()
    secret.put("rita", "new")
    assert (address(), secret.reads) == (first, 1)
    assert conninfo_to_dict(address(fresh=True))["password"] == "new"
    assert conninfo_to_dict(address())["password"] == "new"
    assert secret.reads == 2


@pytest.mark.parametrize("held", ["pass word", "[]", '"x"', '{"username": "rita"}'])
def test_a_secret_without_a_login_is_told_at_once_and_never_quoted(
    held: str, aws: EmulatedAws, secret: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("video_pipeline.wiring.open_clients", lambda _: aws.clients)
    aws.clients.secrets.put_secret_value(SecretId=secret.arn, SecretString=held)
    settings = {"database_secret_arn": secret.arn, "database_host": HOST}
    with pytest.raises(Misconfigured) as raised:
        open_database(IngestSettings(**settings))
    assert raised.value.code == "database_secret_unreadable"
    assert held not in str(raised.value)
    assert raised.value.__suppress_context__
    with pytest.raises(Misconfigured), open_administration(AdministrationSettings(**settings)):
        pass


def test_a_given_url_stays_as_it_is() -> None:
    address = database_address(IngestSettings(database_url="postgresql:///x?host=/tmp"))
    assert address() == address(fresh=True) == "postgresql:///x?host=/tmp"


# ------------------------------------------------------------------------------------------- rotation
@pytest.fixture
def role(database_url: str) -> Iterator[str]:
    """A role from whom the server wants its password."""
    name = "rita"
    with psycopg.connect(database_url, autocommit=True) as connection:
        rules = Path(connection.execute("show hba_file").fetchone()[0])
        before = rules.read_text(encoding="utf-8")
        connection.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(name), UGLY))
        rules.write_text(f"local all {name} scram-sha-256\n{before}", encoding="utf-8")
        connection.execute("select pg_reload_conf()")
        _until_the_password_counts(database_url, name)
        yield name
        rules.write_text(before, encoding="utf-8")
        connection.execute("select pg_reload_conf()")
        connection.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(name)))


def _until_the_password_counts(url: str, name: str) -> None:
    """The server takes up its rules a moment after it was asked to."""
    for _ in range(1000):
        try:
            psycopg.connect(url, user=name, password="surely not").close()
        except psycopg.OperationalError:
            return
        time.sleep(0.01)
    pytest.fail("the server never asked for the password")


@dataclass
class LocalAddress:
    """As `RdsAddress`, to the embedded server, which has a socket and no certificate."""

    rds: RdsAddress
    url: str

    def __call__(self, *, fresh: bool = False) -> str:
        there = conninfo_to_dict(self.url)
        who = conninfo_to_dict(self.rds(fresh=fresh))
        return psycopg.conninfo.make_conninfo(
            host=there["host"], dbname=there["dbname"], user=who["user"], password=who["password"]
        )


@pytest.fixture
def address(aws: EmulatedAws, secret: Secret, role: str, database_url: str) -> Address:
    return LocalAddress(RdsAddress(aws.clients.secrets, secret.arn, host=HOST, name="x"), database_url)


@pytest.fixture
def rotating(address: Address) -> Iterator[Database]:
    database = Database(address, size=3, wait=10)
    yield database
    database.close()


def rotate(url: str, secret: Secret, password: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("alter role rita password {}").format(password))
    secret.put("rita", password)


def me(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("select current_user as me, pg_backend_pid() as pid").fetchone()
    return f"{row['me']} {row['pid']}"


def test_after_a_rotation_new_connections_come_about_and_no_request_fails(
    rotating: Database, secret: Secret, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    # All are held, so that each is a new one.
    with ExitStack() as held:
        seen = [me(held.enter_context(rotating.transaction()))]
        for password in ("second", "third"):
            rotate(database_url, secret, password)
            seen.append(me(held.enter_context(rotating.transaction())))
        assert secret.reads == 3
    assert not [each.message for each in caplog.records if each.name.startswith("psycopg") and each.levelname != "INFO"]
    assert len(set(seen)) == 3
    assert all(each.startswith("rita ") for each in seen)


def test_a_password_that_stays_wrong_is_reported_and_the_secret_not_read_without_end(
    address: Address, secret: Secret, caplog: pytest.LogCaptureFixture
) -> None:
    secret.put("rita", "wrong")
    database = Database(address, size=1, wait=0.2)
    try:
        with pytest.raises(Unavailable) as raised, database.transaction():
            pass
        assert raised.value.code == "database_unavailable"
        assert secret.reads == 2
        assert "wrong" not in caplog.text
    finally:
        database.close()


def test_a_server_that_is_not_there_is_no_reason_to_read_the_secret_again(
    aws: EmulatedAws, secret: Secret, tmp_path: Path
) -> None:
    nowhere = LocalAddress(
        RdsAddress(aws.clients.secrets, secret.arn, host=HOST, name="x"), f"host={tmp_path} dbname=x"
    )
    database = Database(nowhere, size=1, wait=0.2)
    try:
        with pytest.raises(Unavailable), database.transaction():
            pass
        assert secret.reads == 1
    finally:
        database.close()


# ------------------------------------------------------------------------------------ who the server is
@dataclass
class Authority:
    """Signs certificates; `root` is what those need who believe it."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Authority of {self.folder.name}")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        certificate = self._builder(self.name, self.key).add_extension(constraints, critical=True)
        self.root = self.folder / "root.pem"
        self.root.write_bytes(self._signed(certificate))

    def certify(self, *names: x509.GeneralName) -> ssl.SSLContext:
        """A server's side of TLS."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName(names)
        certificate = self._builder(x509.Name([]), key).add_extension(alternatives, critical=True)
        file = self.folder / "server.pem"
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(self._signed(certificate) + key.private_bytes(*form))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def _signed(self, certificate: x509.CertificateBuilder) -> bytes:
        return certificate.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def authority(tmp_path: Path, name: str) -> Authority:
    folder = tmp_path / name
    folder.mkdir()
    return Authority(folder)


class TlsFront:
    """TLS before the embedded server, which is built without: it says yes to the request for TLS, and passes on."""

    def __init__(self, context: ssl.SSLContext, behind: str) -> None:
        self._context = context
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.refused: list[str] = []
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        request = client.recv(8)
        assert request == b"\x00\x00\x00\x08\x04\xd2\x16\x2f", request
        client.sendall(b"S")
        try:
            with (
                self._context.wrap_socket(client, server_side=True) as open_,
                socket.socket(socket.AF_UNIX) as server,
            ):
                server.connect(self._behind)
                pump = Thread(target=_copy, args=(server, open_), daemon=True)
                pump.start()
                _copy(open_, server)
                pump.join(10)
        except ssl.SSLError as error:
            self.refused.append(error.reason)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def reach(front: TlsFront, address: RdsAddress, database_url: str, **more: object) -> str:
    place = {"port": front.port, "user": "postgres", "dbname": conninfo_to_dict(database_url)["dbname"], **more}
    with psycopg.connect(address(), **place) as connection:
        return "encrypted" if connection.pgconn.ssl_in_use else "plain"


@pytest.fixture
def behind(database_url: str) -> str:
    return f"{conninfo_to_dict(database_url)['host']}/.s.PGSQL.5432"


@pytest.mark.parametrize(
    ("signed_by", "names", "outcome"),
    [
        ("ours", [x509.IPAddress(ip_address("127.0.0.1"))], "encrypted"),
        ("another", [x509.IPAddress(ip_address("127.0.0.1"))], "certificate verify failed"),
        ("ours", [x509.DNSName("another.cluster-c0.us-east-1.rds.amazonaws.com")], "does not match host name"),
    ],
    ids=["our authority and its host", "another authority", "another host"],
)
def test_only_the_named_host_vouched_for_by_our_authority_is_talked_to(
    signed_by: str,
    names: list[x509.GeneralName],
    outcome: str,
    aws: EmulatedAws,
    secret: Secret,
    behind: str,
    database_url: str,
    tmp_path: Path,
) -> None:
    ours = authority(tmp_path, "ours")
    signer = ours if signed_by == "ours" else authority(tmp_path, "another")
    front = TlsFront(signer.certify(*names), behind)
    address = RdsAddress(aws.clients.secrets, secret.arn, host="127.0.0.1", name="x", roots=ours.root)
    try:
        if outcome == "encrypted":
            assert reach(front, address, database_url) == outcome
        else:
            with pytest.raises(psycopg.OperationalError, match=outcome):
                reach(front, address, database_url)
    finally:
        front.close()


def test_a_server_without_tls_is_not_talked_to(
    aws: EmulatedAws, secret: Secret, database_url: str, tmp_path: Path
) -> None:
    address = RdsAddress(aws.clients.secrets, secret.arn, host="127.0.0.1", name="x")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(8)
                client.sendall(b"N")
                said.append(client.recv(8))

        said: list[bytes] = []
        thread = Thread(target=refuse)
        thread.start()
        with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
            psycopg.connect(address(), port=listener.getsockname()[1])
        thread.join(10)
    assert said == [b""]
