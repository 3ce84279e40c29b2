from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest


class SizeLimit(FileUploadHandler):
    """
    Stands before Django's own handlers: a file beyond FILE_UPLOAD_MAX_SIZE is dropped while it comes in, nothing of it
    stays on the disk, and the form is told by `is_too_large`.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.size += len(raw_data)
        if self.size > settings.FILE_UPLOAD_MAX_SIZE:
            if self.request is not None:
                self.request.META["embudo.file_too_large"] = True
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was dropped for its size."""
    _ = request.POST  # read it first
    return bool(request.META.get("embudo.file_too_large"))
