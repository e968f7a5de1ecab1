"""What makes `python main.py` quick changes nothing that it writes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lib import ROOT
from lib.archives import build, build_all
from lib.imports import Imports

HOOK = ROOT / "lib" / "lazy_provider.js"
EAGER = """
"use strict";
const other = 1;
exports.second = exports.first = void 0;
exports.first = require("./first");
exports.second = require("./second");
"""


def node(code: str, folder: Path) -> str:
    program = shutil.which("node")
    assert program, "cdktf needs Node"
    run = subprocess.run(
        [program, "--require", str(HOOK), "-e", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    """A package as Node finds it; each of its modules says when it is loaded."""
    folder = tmp_path / "node_modules" / "@cdktf" / "provider-aws" / "lib"
    for name in ("first", "second", "sqs-queue"):
        (folder / name).mkdir(parents=True)
        (folder / name / "index.js").write_text(f"console.log('{name}'); exports.value = '{name}';")
    (folder.parent / "package.json").write_text(json.dumps({"main": "lib/index.js"}))
    (folder / "index.js").write_text(EAGER)
    return folder


def test_a_module_of_the_provider_is_loaded_when_it_is_first_asked_for(provider: Path, tmp_path: Path) -> None:
    code = "const aws = require('@cdktf/provider-aws'); console.log(Object.keys(aws)); aws.second; process.exit(0)"
    assert node(code, tmp_path).splitlines() == ["[ 'first', 'second' ]", "second"]


def test_what_the_stack_uses_is_loaded_ahead_once_node_is_idle(provider: Path, tmp_path: Path) -> None:
    assert node("require('@cdktf/provider-aws')", tmp_path) == "sqs-queue"


def test_an_index_of_another_form_is_loaded_as_it_is(provider: Path, tmp_path: Path) -> None:
    (provider / "index.js").write_text(EAGER + 'const third = require("./sqs-queue");')
    assert node("require('@cdktf/provider-aws'); process.exit(0)", tmp_path).splitlines() == [
        "first",
        "second",
        "sqs-queue",
    ]


def test_the_zip_writer_of_cdktf_is_loaded_with_the_first_zip(tmp_path: Path) -> None:
    for name, text in {
        "archiver/index.js": "console.log('loaded'); module.exports = (kind) => `writes ${kind}`;",
        "cdktf/lib/private/fs.js": 'const archiver = require("archiver");\nexports.write = () => archiver("zip");',
    }.items():
        path = tmp_path / "node_modules" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    code = "const {write} = require('cdktf/lib/private/fs.js'); console.log('before'); console.log(write())"
    assert node(code, tmp_path).splitlines() == ["before", "loaded", "writes zip"]


def runtime(folder: Path, kernel: str) -> Path:
    for name, text in {"bin/jsii-runtime.js": "console.log('two processes')", "lib/program.js": kernel}.items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    return folder / "bin" / "jsii-runtime.js"


def started(runtime: Path) -> tuple[str, str]:
    """What it writes to standard output and standard error."""
    command = [str(shutil.which("node")), "--require", str(HOOK), str(runtime)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, input="question")
    return run.stdout, run.stderr


def test_the_kernel_runs_in_the_first_process_and_what_it_prints_does_not_get_between_the_messages(
    tmp_path: Path,
) -> None:
    kernel = """/* readFD:3,writeFD:3 */ const fs = require("fs"), given = Buffer.alloc(8);
    fs.readSync(3, given, 0, 8, null); console.log("printed"); fs.writeSync(3, `answer to ${given}`);"""
    answer, printed = started(runtime(tmp_path, kernel))
    assert answer == "answer to question"
    assert json.loads(printed) == {"stdout": base64.b64encode(b"printed\n").decode()}


def test_a_kernel_that_speaks_over_another_channel_is_started_as_always(tmp_path: Path) -> None:
    assert started(runtime(tmp_path, "throw new Error('not here')")) == ("two processes\n", "")


def test_the_installed_kernel_runs_in_the_first_process(tmp_path: Path) -> None:
    (tmp_path / "note.js").write_text("require('fs').appendFileSync(process.env.NOTED, `${process.pid}\\n`);")
    surroundings = {"NODE_OPTIONS": f'--require "{tmp_path / "note.js"}"', "NOTED": str(tmp_path / "noted")}
    python(["-c", "import lib"], surroundings)
    assert len((tmp_path / "noted").read_text().splitlines()) == 1


COUNT_MODULES = """
process.on("exit", () => {
  const loaded = Object.keys(require.cache).filter((name) => /provider-aws.lib.[^.]+.index\\.js$/.test(name));
  if (loaded.length) require("fs").writeFileSync(process.env.COUNTED, String(loaded.length));
});
"""


def test_both_halves_of_the_bindings_load_what_is_used_and_the_environment_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "count.js").write_text(COUNT_MODULES)
    options = f'--require "{tmp_path / "count.js"}"'
    code = """
import os, sys
import lib.tap_stack
print(len([name for name in sys.modules if name.startswith("cdktf_cdktf_provider_aws.") and name.count(".") == 1]))
print(os.environ["NODE_OPTIONS"])
"""
    modules, left = python(["-c", code], {"NODE_OPTIONS": options, "COUNTED": str(tmp_path / "count")}).splitlines()
    assert int(modules) < 200
    assert int((tmp_path / "count").read_text()) < 200
    assert left == options


@pytest.mark.timeout(240)
def test_the_plain_import_of_the_bindings_writes_the_same_bytes(tmp_path: Path) -> None:
    code = "import sys, pathlib, tests.infra.synthesis as s; s.synthesise(pathlib.Path(sys.argv[1]), 'same')"
    python(["-c", f"import lib; {code}", str(tmp_path / "quick")], {})
    python(["-c", f"import cdktf_cdktf_provider_aws; {code}", str(tmp_path / "plain")], {})
    assert written(tmp_path / "quick") == written(tmp_path / "plain")
    assert any(name.endswith("cdk.tf.json") for name in written(tmp_path / "quick"))


def written(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def python(arguments: list[str], surroundings: Mapping[str, str]) -> str:
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **surroundings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


def test_an_archive_of_the_same_files_stays_and_another_is_written_anew(tmp_path: Path) -> None:
    (first,) = build_all(["sweeper"], tmp_path)
    before, content = first.stat(), first.read_bytes()
    (again,) = build_all(["sweeper"], tmp_path)
    assert (again.stat().st_ino, again.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    first.write_bytes(content[:-1])
    assert build("sweeper", first).read_bytes() == content
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert "lambdas/sweeper/handler.py" in archive.namelist()
    assert {path.name for path in tmp_path.iterdir()} == {"sweeper.zip", "reached.json"}


@pytest.mark.parametrize("notes", ["", "[]", "{", "\x00"])
def test_notes_on_imports_that_cannot_be_read_are_made_anew(notes: str, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text(notes)
    source = tmp_path / "a.py"
    source.write_text("import b\nfrom c import d\n")
    imports = Imports(lambda _: None, tmp_path / "notes")
    assert imports.of(source) == ["b", "c", "c.d"]
    imports.keep()
    assert list(json.loads((tmp_path / "notes").read_text()).values()) == [["b", "c", "c.d"]]


def test_imports_are_looked_up_by_content(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text("import b\n")
    key = hashlib.sha256(source.read_bytes()).hexdigest()
    (tmp_path / "notes").write_text(json.dumps({key: ["noted"]}))
    assert Imports(lambda _: None, tmp_path / "notes").of(source) == ["noted"]
    source.write_text("import other\n")
    assert Imports(lambda _: None, tmp_path / "notes").of(source) == ["other"]
