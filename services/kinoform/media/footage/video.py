"""MP4, MOV, WebM and Matroska files by FFmpeg, which hostile ones may crash: run it in a process of its own."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import av

from kinoform.media.encode import SIZE_KEY
from kinoform.media.errors import MediaCorrupt, MediaUnsupported
from kinoform.media.footage.frame import rgb, upright
from kinoform.media.footage.reel import MAX_PIXELS, Bounds, Footage, Reel

MP4, MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
"""FFmpeg's names of the containers that are read."""
CODECS = ("h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "prores", "dnxhd", "ffv1", "mjpeg", "mpeg4", "png", "qtrle")
"""FFmpeg has hundreds of decoders, many of which nobody looks after."""
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""WebM's alpha is read by libvpx's own decoders alone."""
_OPTIONS = {"max_pixels": str(MAX_PIXELS), "err_detect": "explode"}
_THREADS = 2


def read_video(data: bytes, container: str, bounds: Bounds) -> Footage:
    """The first video track, upright, with square pixels, at its own rate. container: MP4 or MATROSKA.

    Raises MediaUnsupported, MediaTooLarge, MediaCorrupt.
    """
    with _damage(), av.open(io.BytesIO(data), "r", format=container, options=_OPTIONS) as file:
        stream = _picture_stream(file)
        packets = [packet for packet in file.demux(stream) if packet.size]
        if len(packets) < stream.frames:
            raise MediaCorrupt(f"{len(packets)} frames of the {stream.frames} that it declares")
        reel = Reel(sum(not packet.is_discard for packet in packets), bounds)
        reel.declare(stream.codec_context.width, stream.codec_context.height)
        size = _size_before_padding(file)
        for frame in _decoded(stream, packets):
            reel.add(upright(rgb(frame)[: size[1], : size[0]], frame.rotation, stream.sample_aspect_ratio))
        return reel.footage(stream.average_rate)


def _picture_stream(file: av.container.InputContainer) -> av.VideoStream:
    if not file.streams.video:
        raise MediaUnsupported("there is no video track in it")
    stream = file.streams.video[0]
    if stream.codec_context is None or stream.codec_context.codec.name not in CODECS:
        named = "an unknown codec" if stream.codec_context is None else stream.codec_context.codec.name
        raise MediaUnsupported(f"its codec is {named}; taken are {', '.join(CODECS)}")
    return stream


def _decoded(stream: av.VideoStream, packets: "list[av.Packet[av.VideoStream]]") -> Iterator[av.VideoFrame]:
    context = _decoder(stream)
    for packet in [*packets, None]:
        for frame in context.decode(packet):
            if frame.is_corrupt:
                raise MediaCorrupt("a frame of it is damaged")
            yield frame


def _decoder(stream: av.VideoStream) -> av.VideoCodecContext:
    context = stream.codec_context
    if stream.metadata.get("alpha_mode") == "1" and context.name in _ALPHA_DECODERS:
        context = cast("av.VideoCodecContext", av.CodecContext.create(_ALPHA_DECODERS[context.name], "r"))
    context.options = _OPTIONS
    context.thread_count = _THREADS
    return context


def _size_before_padding(file: av.container.InputContainer) -> tuple[int, int]:
    """(width, height) of the picture within a frame that `kinoform.media.encode` made even."""
    context = file.streams.video[0].codec_context
    for width in (context.width - 1, context.width):
        for height in (context.height - 1, context.height):
            if file.metadata.get(SIZE_KEY) == f"{width}x{height}":
                return width, height
    return context.width, context.height


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, OSError, ValueError, IndexError, MemoryError) as error:
        raise MediaCorrupt(f"the clip is truncated or damaged: {error}") from error
