"""Requests before any view: encoding of texts, and bodies that are read late or discarded."""
