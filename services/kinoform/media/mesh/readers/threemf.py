"""3MF core specification 1.3 with colours of its materials extension; the root model part."""

import io
from xml.parsers import expat

from kinoform.media.errors import MediaCorrupt, MediaUnsupported
from kinoform.media.mesh.archive import Archive
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.pieces import Scene
from kinoform.media.mesh.readers.threemf_model import ModelReader
from kinoform.media.mesh.writers.threemf import MODEL_PATH


def read_threemf(data: bytes, limits: MeshLimits) -> Scene:
    """What the build places. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt."""
    archive = Archive(data, limits)
    models = [name for name in archive.names if name.lower().endswith(".model")]
    text = archive.read(MODEL_PATH if MODEL_PATH in models else models[0])
    reader = ModelReader(limits)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.buffer_text = True
    try:
        parser.ParseFile(io.BytesIO(text))
    except expat.ExpatError as error:
        raise MediaCorrupt(f"a 3MF model that is no XML: {error}") from error
    except (LookupError, ValueError, OverflowError) as error:  # LookupError: an encoding that nobody knows, or a key
        raise MediaCorrupt(f"a 3MF model with a missing or damaged attribute: {error}") from error
    return reader.scene()


def _refuse_doctype(*_: object) -> None:
    raise MediaUnsupported("a 3MF model with a document type, which 3MF forbids")
