"""3MF core specification 1.3, and colours by its materials extension 1.2.

lib3mf, the reference, puts random UUIDs into what it writes; it reads these files in strict mode without a warning.
"""

import io
import zipfile

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.axes import MILLIMETRES, z_up
from kinoform.media.mesh.colour import sampled
from kinoform.media.mesh.model import Part
from kinoform.media.mesh.weld import has_three_corners, welded

_EPOCH = (1980, 1, 1, 0, 0, 0)
MODEL_PATH = "3D/3dmodel.model"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PACKAGES = "http://schemas.openxmlformats.org/package/2006"
_3MF = "http://schemas.microsoft.com/3dmanufacturing"
_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGES}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>\n'
)
_RELATIONSHIPS = (
    f'{_XML}<Relationships xmlns="{_PACKAGES}/relationships">'
    f'<Relationship Type="{_3MF}/2013/01/3dmodel" Target="/{MODEL_PATH}" Id="rel0"/></Relationships>\n'
)


def threemf_bytes(name: str, part: Part) -> bytes:
    """One named object in millimetres, Z up: vertices welded, degenerate triangles left out, corners coloured."""
    members = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONSHIPS, MODEL_PATH: _model(name, part)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in members.items():
            info = zipfile.ZipInfo(path, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return buffer.getvalue()


def _model(name: str, part: Part) -> str:
    positions, triangles = welded(part.mesh.positions, part.mesh.triangles)
    kept = has_three_corners(triangles)
    colours = _vertex_colours(part)
    out = io.StringIO()
    out.write(f'{_XML}<model unit="millimeter" xml:lang="en-US" xmlns="{_3MF}/core/2015/02"')
    out.write(f' xmlns:m="{_3MF}/material/2015/02">\n<resources>\n')
    if colours is None:
        out.write(f'<object id="1" name="{name}" type="model"><mesh>\n')
        corners = None
    else:
        palette, corner_colours = np.unique(colours[part.mesh.triangles], axis=None, return_inverse=True)
        corners = corner_colours.reshape(-1, 3)[kept]
        out.write('<m:colorgroup id="2">\n')
        out.writelines(f'<m:color color="#{colour:06X}"/>\n' for colour in palette.tolist())
        out.write(f'</m:colorgroup>\n<object id="1" name="{name}" type="model" pid="2" pindex="0"><mesh>\n')
    _write_vertices(out, z_up(positions) * np.float32(MILLIMETRES))
    _write_triangles(out, triangles[kept], corners)
    out.write('</mesh></object>\n</resources>\n<build><item objectid="1"/></build>\n</model>\n')
    return out.getvalue()


def _vertex_colours(part: Part) -> npt.NDArray[np.int32] | None:
    """(n,) as 0xRRGGBB."""
    mesh = part.mesh
    if part.material is not None and mesh.uvs is not None:
        colours = sampled(part.material.base_colour, mesh.uvs)
    elif mesh.colours is not None:
        colours = mesh.colours
    else:
        return None
    return colours.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)


def _write_vertices(out: io.StringIO, millimetres: npt.NDArray[np.float32]) -> None:
    out.write("<vertices>\n")
    np.savetxt(out, millimetres, fmt='<vertex x="%.9g" y="%.9g" z="%.9g"/>')
    out.write("</vertices>\n")


def _write_triangles(out: io.StringIO, triangles: npt.NDArray[np.int32], corners: npt.NDArray[np.intp] | None) -> None:
    out.write("<triangles>\n")
    line = '<triangle v1="%d" v2="%d" v3="%d"/>'
    if corners is not None:
        line = line.replace("/>", ' pid="2" p1="%d" p2="%d" p3="%d"/>')
        triangles = np.concatenate([triangles, corners.astype(np.int32)], axis=1)
    np.savetxt(out, triangles, fmt=line)
    out.write("</triangles>\n")
