"""Makes the AWS bindings importable one by one, in Python and in Node.

The package `cdktf_cdktf_provider_aws` imports all of its 2,136 modules when any of them is needed, and its other half
in Node does the same. A stand-in for the package itself, with the same path, lets Python import those alone that are
asked for; `lazy_provider.js` does it in Node.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

PACKAGE: Final = "cdktf_cdktf_provider_aws"
_HOOK: Final = Path(__file__).with_name("lazy_provider.js")
# Costs as long as Node takes to start, and needs nothing of it.
_MEANWHILE: Final = "video_pipeline.settings"


def load_lazily() -> None:
    """To be called before anything of the package is imported; does nothing once the package is there.

    Node must not run yet for its half to be quick: before cdktf or constructs are imported.
    """
    if PACKAGE in sys.modules:
        return
    _stand_in()
    with _hooked():
        _start_node()
    importlib.import_module(f"{PACKAGE}._jsii")


def _stand_in() -> None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise SystemExit("The AWS bindings are not installed. Run `make setup-infra`.")
    package = ModuleType(PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    package.__file__ = spec.origin
    sys.modules[PACKAGE] = package


@contextmanager
def _hooked() -> Iterator[None]:
    """Node processes that start within load the hook first; later ones know nothing of it."""
    given = os.environ.get("NODE_OPTIONS")
    os.environ["NODE_OPTIONS"] = f"{given or ''} {_option()}".strip()
    try:
        yield
    finally:
        os.environ.pop("NODE_OPTIONS")
        if given is not None:
            os.environ["NODE_OPTIONS"] = given


def _option() -> str:
    path = str(_HOOK).replace("\\", "\\\\").replace('"', '\\"')
    return f'--preserve-symlinks --require "{path}"' if _HOOK.is_file() else ""


def _start_node() -> None:
    """By the first question to the kernel, in a thread: this process imports meanwhile what it needs anyway."""
    jsii = importlib.import_module("jsii")
    with ThreadPoolExecutor(1) as thread:
        started = thread.submit(jsii.stats)
        importlib.import_module(_MEANWHILE)
        started.result()
