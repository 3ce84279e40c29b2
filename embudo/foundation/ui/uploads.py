from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

DROPPED = "embudo.files_too_large"


class SizeLimit(FileUploadHandler):
    """
    Stands before Django's own handlers: a file beyond FILE_UPLOAD_MAX_SIZE is dropped while it comes in, nothing of it
    stays on the disk, and the form is told by `is_too_large`. What stands after it in the form is still read.
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
                self.request.META.setdefault(DROPPED, set()).add(self.field_name)
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""


def fields_dropped(request: HttpRequest) -> set[str]:
    """The fields of this request whose file was dropped for its size."""
    _ = request.POST  # read it first
    found: set[str] = request.META.get(DROPPED, set())
    return found


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was dropped for its size."""
    return bool(fields_dropped(request))


def too_large_text() -> str:
    size = filesizeformat(settings.FILE_UPLOAD_MAX_SIZE)
    return gettext("A file is larger than %(size)s. Choose a smaller one.") % {"size": size}
