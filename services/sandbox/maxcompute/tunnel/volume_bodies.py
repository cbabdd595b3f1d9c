"""Files in the bodies of requests and answers."""

from __future__ import annotations

from services.sandbox.http_streaming import StreamedAnswer
from services.sandbox.maxcompute.routes import Call
from services.sandbox.maxcompute.tunnel.arrow_frames import FrameError
from services.sandbox.maxcompute.tunnel.bodies import malformed, read_body, streamed_answer
from services.sandbox.maxcompute.tunnel.encodings import EncodingError
from services.sandbox.maxcompute.tunnel.volume_frames import frame_file, unframe_file


def read_file(call: Call) -> bytes:
    """The file in a request's body.

    Raises:
        OdpsError: MalformedDataStream.
    """
    try:
        return unframe_file(b"".join(read_body(call)))
    except (FrameError, EncodingError) as error:
        raise malformed(error) from error


def file_answer(call: Call, content: bytes) -> StreamedAnswer:
    """A file, or a part of it, as an answer."""
    return streamed_answer(call, frame_file(content))
