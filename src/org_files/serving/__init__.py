"""Serving files: find, tier, plan, count, open, deliver; for all views that answer with bytes."""

from org_files.serving.archives import serve_archive
from org_files.serving.responses import (
    original,
    read_beginning,
    rendition_of,
    requester_of,
    serve_content,
    serve_file,
    serve_link,
    serve_visible_file,
)

__all__ = [
    "original",
    "read_beginning",
    "rendition_of",
    "requester_of",
    "serve_archive",
    "serve_content",
    "serve_file",
    "serve_link",
    "serve_visible_file",
]
