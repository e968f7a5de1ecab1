"""Opens media files so that nothing but the file itself is read, and nothing absurd is decoded.

FFmpeg would follow playlists, concat scripts and external tracks to other files and hosts, and knows hundreds of
formats that nobody uploads. Here it may read self-contained containers and common codecs only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from video_pipeline.errors import BadMedia
from video_pipeline.media.refusal import refusal

MAX_SIDE: Final = 16_384
MAX_PIXELS: Final = 8192 * 8192  # 8K VR; a decoded picture of this size is 100 MB, or 200 MB with 10 bits
MAX_SECONDS: Final = 36 * 3600  # a 16 kHz mono WAV holds 37 hours
_BROKEN_READS: Final = 10  # reads that fail one after the other until the rest of a file is given up

_CONTAINERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mp3,wav,w64,flac,ogg,aac,mpegts,mpeg,asf,flv,aiff,caf,amr"
)
_CODECS: Final = ",".join(
    (
        "h264,hevc,libdav1d,av1,vp8,libvpx,vp9,libvpx-vp9,mpeg4,mpeg1video,mpeg2video,h263,h261,flv,mjpeg,theora",
        "msmpeg4v1,msmpeg4v2,msmpeg4,wmv1,wmv2,wmv3,vc1,prores,dnxhd,rawvideo,png",
        "aac,aac_latm,mp1float,mp1,mp2float,mp2,mp3float,mp3,opus,libopus,vorbis,flac,alac,ac3,eac3,dca",
        "wmav1,wmav2,wmapro,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt",
        "pcm_s8,pcm_u8,pcm_alaw,pcm_mulaw,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be",
        "pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be",
        "mov_text,srt,subrip,webvtt,ass,ssa,text",
    )
)
_DECODER_OPTIONS: Final = {"max_pixels": str(MAX_PIXELS), "codec_whitelist": _CODECS}
_CONTAINER_OPTIONS: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": _CONTAINERS,
    "codec_whitelist": _CODECS,
    "enable_drefs": "0",
    "use_absolute_path": "0",
}
_NOT_A_PICTURE_TRACK: Final = Disposition.attached_pic | Disposition.timed_thumbnails


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The container of a local file. What is no usable media raises `BadMedia`, a file that is not there `OSError`."""
    try:
        container = av.open(
            f"file:{path.absolute()}",
            mode="r",
            options=_DECODER_OPTIONS,
            container_options=_CONTAINER_OPTIONS,
            metadata_errors="replace",
        )
    except av.FFmpegError as error:  # also its OSErrors: it calls damage an input/output error
        raise refusal(path) from error
    with container:
        yield container


def packets(container: InputContainer, stream: Stream, damage: Damage) -> Iterator[Packet[Stream]]:
    """Packets of `stream` alone, going on past damaged places as players do.

    The other streams are not even read from disk where the container has an index.
    """
    for each in container.streams:
        each.discard = Discard.none if each.index == stream.index else Discard.all
    return _read(container, (stream,), damage)


def all_packets(container: InputContainer) -> Iterator[Packet[Stream]]:
    """Packets of every stream with sound or moving pictures."""
    pictures = {each.index for each in picture_streams(container)}
    wanted = tuple(s for s in container.streams if s.type == "audio" or s.index in pictures)
    for each in container.streams:
        each.discard = Discard.none if each in wanted else Discard.all
    return _read(container, wanted, Damage())


class Damage:
    """Counts what could not be read or decoded."""

    def __init__(self) -> None:
        self.places = 0

    def note(self) -> None:
        self.places += 1


def _read(container: InputContainer, streams: tuple[Stream, ...], damage: Damage) -> Iterator[Packet[Stream]]:
    failures = 0
    while failures < _BROKEN_READS:
        try:
            for packet in container.demux(*streams):
                failures = 0
                if packet.size:  # the empty ones at the end ask decoders for what they hold back
                    yield packet
        except av.FFmpegError:
            failures += 1
            damage.note()
        except IndexError:
            return  # PyAV's stumble, at the very end, over tracks that appeared on the way (damaged FLV and TS)
        else:
            return


def origin(container: InputContainer) -> float:
    """Where the container's clock starts; players show this moment as 0:00."""
    return (container.start_time or 0) / av.time_base


def start_of(packet: Packet[Stream]) -> float | None:
    """Seconds on the container's clock."""
    time = packet.pts if packet.pts is not None else packet.dts
    return None if time is None or packet.time_base is None else float(time * packet.time_base)


def end_of(packet: Packet[Stream]) -> float | None:
    """Seconds on the container's clock."""
    start = start_of(packet)
    return None if start is None else start + float((packet.duration or 0) * (packet.time_base or 0))


def picture_streams(container: InputContainer) -> list[VideoStream]:
    """Moving pictures; cover art is none."""
    return [s for s in container.streams.video if not s.disposition & _NOT_A_PICTURE_TRACK]


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The picture that a player would show."""
    streams = picture_streams(container)
    best = container.streams.best("video")
    return next((s for s in streams if best is not None and s.index == best.index), streams[0] if streams else None)


def prepare_decoder(stream: Stream, what: str) -> None:
    """Bounds the stream's decoder. Raises `BadMedia("unsupported_codec")` when there is none for it."""
    context = decoder_of(stream)
    if context is None:
        raise _unsupported(stream, what)
    context.options = dict(_DECODER_OPTIONS)
    try:
        context.open(strict=False)
    except av.FFmpegError as error:
        raise _unsupported(stream, what) from error


def _unsupported(stream: Stream, what: str) -> BadMedia:
    return BadMedia(
        "unsupported_codec",
        f"The {what} is in a format that can't be decoded.",
        hint="Convert the file to MP4 with H.264 video and AAC sound.",
        codec=codec_name(stream),
    )


def codec_name(stream: Stream) -> str:
    """FFmpeg's name of the codec, `unknown` when it has none."""
    context = decoder_of(stream)
    return context.codec.canonical_name if context is not None else "unknown"


def decoder_of(stream: Stream) -> CodecContext | None:
    """None when FFmpeg has no decoder for it (the library's own annotation forgets that)."""
    return stream.codec_context
