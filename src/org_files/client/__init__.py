"""A client of the API for scripts: resumable uploads and downloads.

It needs the standard library alone, and no Django. ``python -m org_files.client --help`` tells the
commands; ``upload_file`` and ``download_file`` are the same for Python.
"""

from org_files.client.connection import ClientError, Site
from org_files.client.downloading import download_file
from org_files.client.uploading import upload_file

__all__ = ["ClientError", "Site", "download_file", "upload_file"]
