"""A database of RDS: its credentials lie in a secret that RDS rotates, and it proves who it is by a certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg.conninfo import make_conninfo

from video_pipeline.aws.secrets import secret_value
from video_pipeline.errors import Misconfigured

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

ROOTS: Final = Path(__file__).with_name("rds-ca.pem")


class RdsAddress:
    """`database.Address`. Connections made by it are encrypted, and to `host` alone or to nobody.

    Raises what `secret_value` raises, and `Misconfigured("database_secret_unreadable")`.
    """

    def __init__(
        self, client: SecretsManagerClient, secret_arn: str, *, host: str, name: str, roots: Path = ROOTS
    ) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._place = {"host": host, "dbname": name, "sslmode": "verify-full", "sslrootcert": str(roots)}

    def __call__(self, *, fresh: bool = False) -> str:
        user, password = self._login(secret_value(self._client, self._secret_arn, fresh=fresh))
        return make_conninfo(user=user, password=password, **self._place)

    def _login(self, secret: str) -> tuple[str, str]:
        try:
            read = json.loads(secret)
            return str(read["username"]), str(read["password"])
        except (ValueError, KeyError, TypeError):
            # Without its cause, which quotes what it could not read.
            raise Misconfigured(
                "database_secret_unreadable",
                f"The secret {self._secret_arn} does not hold a database login.",
                hint='Store {"username": …, "password": …}, as RDS does.',
            ) from None
