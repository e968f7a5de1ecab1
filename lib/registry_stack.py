"""The image registry, apart: an image must have a home before the stack's service can start it."""

from __future__ import annotations

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct

from lib.environments import Environment
from lib.naming import Names
from lib.registry import Registry
from lib.tap_stack import place_of


class RegistryStack(TerraformStack):
    """The repository of the worker's images."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        environment: Environment,
    ) -> None:
        super().__init__(scope, id)
        registry = Registry(self, "registry", place=place_of(self, names, environment))
        TerraformOutput(self, "repository_url", value=registry.url)
