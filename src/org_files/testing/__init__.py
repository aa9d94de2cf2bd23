"""Test aids for sites: factories, fixtures for pytest, and contracts for backends of their own.

Nothing of the package imports it.
"""
