"""Real servers for tests and benchmarks, each a context manager around a private process.

Nothing but the standard library is imported here, so that dev.py can ask which servers there are.
"""
