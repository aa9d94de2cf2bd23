"""A file model of the site's own, with an integer key; our organization."""

from tests.hosts.common import host

globals().update(host("file_only.papers", ORG_FILES_FILE_MODEL="papers.Paper"))
