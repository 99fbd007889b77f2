"""Refusals of the emulated API.

The API's page documents no error at all; statuses and body are chosen (docs/service-notes.md#errors-and-rate-limits):
``{"error": {"code": slug, "message": text, "field": name or null}}``.
"""

from collections.abc import Mapping


class ApiError(Exception):
    """An answer other than success. Whatever the request had written is rolled back."""

    def __init__(
        self, status: int, code: str, message: str, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        return {"error": {"code": self.code, "message": str(self), "field": self.field}}


class ConnectionDropped(ConnectionResetError):
    """A fault rule wants the connection broken; ``shape`` says how (wire.py), the rest is the answer that it breaks."""

    def __init__(
        self,
        message: str,
        shape: str = "reset",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        interval: float = 1.0,
    ) -> None:
        super().__init__(message)
        self.shape = shape
        self.status = status
        self.headers = dict(headers or {})
        self.body = body
        self.interval = interval


def invalid(message: str, field: str | None = None) -> ApiError:
    return ApiError(400, "invalid", message, field)


def missing(field: str) -> ApiError:
    return ApiError(400, "missing", f"{field} is required", field)


def unauthorized() -> ApiError:
    return ApiError(401, "unauthorized", "a valid access token is required")


def not_found(message: str = "no such object") -> ApiError:
    return ApiError(404, "notFound", message)


def conflict(message: str, field: str | None = None) -> ApiError:
    return ApiError(409, "conflict", message, field)


def storage_failed(error: Exception) -> ApiError:
    """A full disk, a folder that may not be written: the request is rolled back, and it is no bug of the emulator."""
    return ApiError(500, "storage", f"the sandbox's database cannot be used: {error}")
