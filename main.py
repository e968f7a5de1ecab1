"""`python main.py`, or `npx cdktf synth`: writes the stacks of one environment suffix into cdktf.out."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

# Before cdktf, which would start Node the slow way.
from lib import ROOT  # isort: split

from cdktf import App, LocalBackend, S3Backend, TerraformStack

from lib.archives import build_all
from lib.artifacts import Artifacts
from lib.environments import BadSetting, Environment, environment_for, overrides_from
from lib.naming import BadSuffix, Names, checked_suffix
from lib.registry_stack import RegistryStack
from lib.tap_stack import TapStack
from video_pipeline.topology import FUNCTIONS

LAYER = ROOT / "lambdas" / "layer" / "layer.zip"
MEDIA_LAYERS = tuple(ROOT / "lambdas" / "media_layer" / name for name in ("codecs.zip", "packages.zip"))
ARCHIVES = ROOT / "build" / "archives"
DASHBOARD = ROOT / "dashboard" / "dist"


def main() -> int:
    """0, or 1 and a sentence on standard error."""
    app = App()
    try:
        suffix = checked_suffix(os.environ.get("ENVIRONMENT_SUFFIX") or app.node.try_get_context("environmentSuffix"))
        environment = chosen(suffix)
        artifacts = built()
    except (BadSuffix, BadSetting, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    compose(app, Names(suffix), environment, artifacts)
    app.synth()
    return 0


def chosen(suffix: str) -> Environment:
    """The settings of a suffix, with what the surroundings say."""
    given = environment_for(suffix, overrides_from(os.environ.get("STACK_SETTINGS")))
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or given.region
    tag = os.environ.get("IMAGE_TAG") or given.image_tag
    emulated = given.emulated or bool(os.environ.get("AWS_ENDPOINT_URL"))
    return replace(given, region=region, image_tag=tag, emulated=emulated)


def built() -> Artifacts:
    """The layers must be there; the archives are made from the sources in no time. Without its build, no dashboard."""
    for layer in (LAYER, *MEDIA_LAYERS):
        if not layer.exists():
            raise FileNotFoundError(f"The layer {layer.name} is not built: run `make layer`.")
    build_all([each.unit for each in FUNCTIONS], ARCHIVES)
    dashboard = DASHBOARD if (DASHBOARD / "index.html").is_file() else None
    return Artifacts(layer=LAYER, media_layers=MEDIA_LAYERS, archives=ARCHIVES, dashboard=dashboard)


def compose(app: App, names: Names, environment: Environment, artifacts: Artifacts) -> None:
    """Two stacks, each with a state of its own: images must have a home before a service can use them."""
    for stack in (
        RegistryStack(app, f"registry-{names.suffix}", names=names, environment=environment),
        TapStack(app, f"tap-{names.suffix}", names=names, environment=environment, artifacts=artifacts),
    ):
        keep_state(stack, environment)


def keep_state(stack: TerraformStack, environment: Environment) -> None:
    """In the bucket TERRAFORM_STATE_BUCKET, else in `state/` beside this file; a key of its own for every suffix."""
    name = f"{stack.node.id}.tfstate"
    if bucket := os.environ.get("TERRAFORM_STATE_BUCKET"):
        S3Backend(stack, bucket=bucket, key=f"video-pipeline/{name}", region=environment.region, encrypt=True)
        # S3 itself keeps two from writing at once; the binding does not know the setting yet.
        stack.add_override("terraform.backend.s3.use_lockfile", value=True)
    else:
        # As seen from the folder of the stack, in which Terraform runs.
        LocalBackend(stack, path=f"../../../state/{name}")


if __name__ == "__main__":
    sys.exit(main())
