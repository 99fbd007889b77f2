"""Reading an upload's multipart body."""

from collections.abc import AsyncGenerator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mscode.sandbox.errors import invalid
from mscode.sandbox.operation import Upload


async def parse_multipart(content_type: str, body: bytes) -> tuple[tuple[Upload, ...], dict[str, str]]:
    """The parts named ``files``, and the text fields."""
    parser = MultiPartParser(Headers({"content-type": content_type}), _chunks(body))
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise invalid("the body is not multipart/form-data") from None
    try:
        parts = form.multi_items()
        uploads = [
            Upload(part.filename or "", await part.read())
            for name, part in parts
            if name == "files" and isinstance(part, UploadFile)
        ]
        return tuple(uploads), {name: part for name, part in parts if isinstance(part, str)}
    finally:
        await form.close()


async def _chunks(body: bytes) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]
