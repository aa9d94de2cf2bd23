"""Files: names, contents, and what is done to them."""

from org_files.files.content import Fingerprint, Fingerprinter, content_type_of, fingerprint
from org_files.files.filenames import clean_name
from org_files.files.services import storage_errors, store_file

__all__ = [
    "Fingerprint",
    "Fingerprinter",
    "clean_name",
    "content_type_of",
    "fingerprint",
    "storage_errors",
    "store_file",
]
