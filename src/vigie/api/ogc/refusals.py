"""What a request asks that cannot be answered, in words."""

from __future__ import annotations


class Refused(Exception):
    """Shown as a problem of this status. `code` is stable, `detail` is for people."""

    def __init__(self, code: str, detail: str, *, status: int = 400) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
