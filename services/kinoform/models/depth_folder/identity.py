"""What tells one folder's depth model from another's. Needs no torch: the gateway asks, too."""

import hashlib
import json
from pathlib import Path

CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
_BLOCK = 1 << 20


class BadDepthModel(ValueError):
    """A folder that holds no depth model as transformers saves it; the message says why."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder = folder
        self.reason = reason

    def __str__(self) -> str:
        return f"--depth-model {self.folder!r}: {self.reason}"


def identity_of(folder: Path) -> str:
    """`TYPE-HASH`: the kind of network and SHA-256 of everything that its answers depend on. Reads all weights.

    Raises BadDepthModel.
    """
    try:
        config = json.loads((folder / CONFIG).read_bytes())
        files = [folder / CONFIG, folder / PROCESSOR, *sorted(folder.glob("*.safetensors"))]
        if len(files) == 2:
            raise BadDepthModel(str(folder), "holds no *.safetensors")
        digest = hashlib.sha256()
        for path in files:
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
    except OSError as error:
        raise BadDepthModel(str(folder), f"{error.filename}: {error.strerror}") from error
    except ValueError as error:
        if isinstance(error, BadDepthModel):
            raise
        raise BadDepthModel(str(folder), f"{CONFIG} is no JSON: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise BadDepthModel(str(folder), f"{CONFIG} names no model_type")
    return f"{config['model_type']}-{digest.hexdigest()[:32]}"
