"""The Khronos glTF validator, if there is one: `npm install gltf-validator` in the repository's root, or elsewhere."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_SCRIPT = """
const validator = require(process.argv[1]), fs = require("fs");
Promise.all(process.argv.slice(2).map(
  (path) => validator.validateBytes(new Uint8Array(fs.readFileSync(path))))).then(
  (reports) => console.log(JSON.stringify(reports.map((report) => report.issues.messages))));
"""


def gltf_messages(paths: Sequence[Path]) -> list[str]:
    """Errors, warnings, infos and hints alike. Skips the test without node or the package.

    The package is looked for at KINOFORM_GLTF_VALIDATOR, then in the root's `node_modules`.
    """
    node = shutil.which("node")
    package = Path(os.environ.get("KINOFORM_GLTF_VALIDATOR", _ROOT / "node_modules" / "gltf-validator"))
    if node is None or not (package / "package.json").exists():
        pytest.skip("needs node, and the npm package gltf-validator")
    command = [node, "-e", _SCRIPT, str(package), *map(str, paths)]
    answer = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120)
    messages = zip(paths, json.loads(answer.stdout), strict=True)
    return [f"{path.name}: {message}" for path, found in messages for message in found]
