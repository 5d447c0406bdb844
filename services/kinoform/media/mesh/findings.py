"""What the formats' own validators say of a file. Runs in a worker, on files that have been read."""

import tempfile
from pathlib import Path

from kinoform.media.mesh.formats import MeshFormat


def findings_in(data: bytes, format: MeshFormat) -> tuple[str, ...]:  # noqa: A002
    """One line for each objection. OBJ, PLY and STL have no validators: reading them strictly is the check."""
    match format:
        case MeshFormat.GLB:
            from kinoform.media.mesh.gltf_findings import gltf_findings

            return gltf_findings(data)
        case MeshFormat.USDZ | MeshFormat.USDC:
            return _usd_findings(data, format.value)
        case MeshFormat.THREEMF:
            return _threemf_findings(data)
        case MeshFormat.OBJ | MeshFormat.PLY | MeshFormat.STL:
            return ()


def _usd_findings(data: bytes, ending: str) -> tuple[str, ...]:
    """Of all validators that USD comes with."""
    from pxr import Usd, UsdValidation

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mesh.{'usda' if data.startswith(b'#usda') else ending}"
        path.write_bytes(data)
        stage = Usd.Stage.Open(str(path))
        validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
        errors = UsdValidation.ValidationContext(validators).Validate(stage)
        return tuple(f"{error.GetName()}: {error.GetMessage()}" for error in errors)


def _threemf_findings(data: bytes) -> tuple[str, ...]:
    """Of the reference reader in its strict mode."""
    import lib3mf

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mesh.3mf"
        path.write_bytes(data)
        reader = lib3mf.get_wrapper().CreateModel().QueryReader("3mf")
        reader.SetStrictModeActive(True)
        try:
            reader.ReadFromFile(str(path))
        except lib3mf.ELib3MFException as error:
            return (str(error),)
        warnings = [reader.GetWarning(index) for index in range(reader.GetWarningCount())]
        return tuple(f"{code}: {text}" for code, text in warnings)
