from django.http import HttpResponse
from django.urls import re_path


def serve(request, path):
    """Answer every path that consists of words, as a tree of pages does."""
    return HttpResponse(f"The page {path}")


pages = re_path(r"^((?:[\w\-]+/)*)$", serve)
