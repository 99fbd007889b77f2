"""`state:` of an environment in `mscode.yaml`: which backend, and where. Credentials never stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mscode.errors import Diagnostic
from mscode.kinds.fields.types import Text
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.late_pattern import late_pattern

HTTP = ("address", "lockAddress", "unlockAddress", "lockMethod", "unlockMethod", "updateMethod")
OBJECT = ("url", "region", "endpoint")
#: The settings of each backend; the first of them is required.
SETTINGS: dict[str, tuple[str, ...]] = {"local": (), "http": HTTP, "gitlab": HTTP, "object": OBJECT}
_METHOD = late_pattern(r"[A-Z]{1,20}\Z")
_BUCKET = late_pattern(r"(?:s3|gs|az)://[\w.-]+(?:/[\w.=-]+)+\Z", re.ASCII)
_PLACE = late_pattern(r"https?://[^/\s]")


class State(BaseModel):
    """Where the state is kept: in a folder (`local`), on a server (`http`, `gitlab`) or in a bucket (`object`)."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    backend: Literal["local", "http", "gitlab", "object"] = Field(
        default="local",
        description="`local`: in .mscode/<environment>/. `http`: a server of the Terraform HTTP state protocol. "
        "`gitlab`: the same with GitLab's lock. `object`: S3, GCS or Azure.",
    )
    address: Text | None = Field(default=None, description="http, gitlab: URL of the document.")
    lockAddress: Text | None = Field(
        default=None, description="http: URL of the lock; default `address`, for gitlab `address` with /lock."
    )
    unlockAddress: Text | None = Field(default=None, description="http: default `lockAddress`.")
    lockMethod: Text | None = Field(default=None, description="http: default LOCK, for gitlab POST.")
    unlockMethod: Text | None = Field(default=None, description="http: default UNLOCK, for gitlab DELETE.")
    updateMethod: Text | None = Field(default=None, description="http: default POST.")
    url: Text | None = Field(
        default=None, description="object: s3://bucket/path, gs://bucket/path or az://container/path of the document."
    )
    region: Text | None = Field(default=None, description="object: region of an S3 bucket; default AWS_REGION.")
    endpoint: Text | None = Field(
        default=None, description="object: URL of another S3-speaking server, like https://minio.example.com."
    )
    records: Text | None = Field(
        default=None,
        description="URL of the records of launches, where they shall not lie beside the state: https://… of a server of the "
        "Terraform HTTP state protocol, or s3://bucket/path, gs://…, az://….",
    )


def check_state(node: Node | None) -> Iterator[Diagnostic]:
    """What types cannot say: settings of another backend, missing ones, forms."""
    if node is None or not isinstance(node.value, dict):
        return
    values = {name: child.data() for name, child in node.value.items()}
    backend = values.get("backend", "local")
    if not isinstance(backend, str) or backend not in SETTINGS:
        return
    settings = SETTINGS[backend]
    for name in sorted(set(values) & {*HTTP, *OBJECT} - set(settings)):
        summary = f"state: {name} is no setting of the backend {backend}"
        hint = f"It takes {', '.join(settings)}." if settings else "It takes none."
        yield Diagnostic(summary, key_node(node, name).place, hint=hint, code="bad-value")
    if settings and settings[0] not in values:
        summary = f'Missing field "{settings[0]}"'
        yield Diagnostic(summary, node.place, hint=f"The backend {backend} requires it.", code="missing-field")
    for name, value in values.items():
        if name in (*settings, "records") and isinstance(value, str) and (requirement := _requirement(name, value)):
            yield Diagnostic(f"state: {name} {requirement}", node.value[name].place, code="bad-value")
    if (records := values.get("records")) is not None and records in (values.get("address"), values.get("url")):
        summary = "state: records is the address of the state itself, which they would replace"
        hint = "Leave it out: they then lie beside the state."
        yield Diagnostic(summary, node.value["records"].place, hint=hint, code="bad-value")


def _requirement(name: str, value: str) -> str:
    """What the value must be; "" where it is."""
    if name.endswith("Method"):
        return "" if _METHOD.match(value) else "must be a method like LOCK or POST"
    if name == "records" and not value.startswith(("https://", "http://")):
        words = "must be a URL like https://state.example.com/blood-drive-records or s3://bucket/path (or gs://, az://)"
        return "" if _BUCKET.match(value) else words
    if name == "url":
        return "" if _BUCKET.match(value) else "must be like s3://bucket/path/state.json (or gs://, az://)"
    if name == "region":
        return "" if re.match(r"[\w-]{1,64}\Z", value, re.ASCII) else "must be a name like eu-north-1"
    if "@" in value.partition("://")[2].partition("/")[0]:
        return "holds a user or password; set MSCODE_STATE_USERNAME and MSCODE_STATE_PASSWORD instead"
    return "" if _PLACE.match(value) else "must be a URL like https://state.example.com/blood-drive"


def settings_of(state: State | None) -> dict[str, Any]:
    """As plain data, without what is not set."""
    return (state or State()).model_dump(exclude_none=True)
