import os

if os.environ.get("TEST_DATABASE") != "postgresql":
    collect_ignore = ["test_index_use.py"]
