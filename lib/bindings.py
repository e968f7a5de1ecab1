"""Makes the AWS bindings importable one by one.

The package `cdktf_cdktf_provider_aws` imports all of its 2,136 modules when any of them is needed, which takes most of
a minute. A stand-in for the package itself, with the same path, lets Python import those alone that are asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Final

PACKAGE: Final = "cdktf_cdktf_provider_aws"


def load_lazily() -> None:
    """To be called before anything of the package is imported; does nothing once the package is there."""
    if PACKAGE in sys.modules:
        return
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise SystemExit("The AWS bindings are not installed. Run `make setup-infra`.")
    package = ModuleType(PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    package.__file__ = spec.origin
    sys.modules[PACKAGE] = package
    importlib.import_module(f"{PACKAGE}._jsii")
