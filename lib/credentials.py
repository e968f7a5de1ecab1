"""Secrets of services outside AWS: the stack makes their places, and never sees what is in them."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from constructs import Construct

from lib.place import Place
from video_pipeline.topology import SECRETS


class Credentials(Construct):
    """Empty secrets; `video-pipeline secrets set` fills them."""

    def __init__(self, scope: Construct, id: str, *, place: Place) -> None:
        super().__init__(scope, id)
        self.arns = {name: self._secret(name, place) for name in SECRETS}

    def _secret(self, name: str, place: Place) -> str:
        # A window would keep the name taken after the stack is gone.
        secret = SecretsmanagerSecret(self, name, name=place.names(name), recovery_window_in_days=0)
        return secret.arn
