"""Files: names, contents, and what is done to them."""

from org_files.files.blobs import discard_blob, kept_if_named, storage_errors, write_blob
from org_files.files.content import Fingerprint, Fingerprinter, content_type_of, fingerprint
from org_files.files.filenames import clean_name
from org_files.files.services import store_file

__all__ = [
    "Fingerprint",
    "Fingerprinter",
    "clean_name",
    "content_type_of",
    "discard_blob",
    "fingerprint",
    "kept_if_named",
    "storage_errors",
    "store_file",
    "write_blob",
]
