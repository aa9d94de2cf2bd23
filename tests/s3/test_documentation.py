"""What docs/uploads.rst says of S3: a client in Python, and rules of a bucket."""

import io
import json
import random
from hashlib import sha256
from urllib.request import urlopen

import pytest

from tests.docs.blocks import DOCS, blocks_of

pytestmark = pytest.mark.s3

BLOCKS = {block.caption: block.text for block in blocks_of(DOCS / "uploads.rst")}
RULES = [
    ("lifecycle.json", "put_bucket_lifecycle_configuration", "LifecycleConfiguration"),
    ("cors.json", "put_bucket_cors", "CORSConfiguration"),
]


@pytest.mark.django_db
def test_sample_of_direct_uploads__sends_a_file(store, client, tmp_path):
    content = random.Random(17).randbytes(9 * 1024 * 1024)
    (tmp_path / "film.mp4").write_bytes(content)

    def open_url(request):
        if request.host != "testserver":
            return urlopen(request)
        answer = client.generic(
            request.method, request.selector, request.data, content_type="application/json"
        )
        assert answer.status_code in (200, 201), answer.content
        return io.BytesIO(answer.content)

    sample = {}
    exec(BLOCKS["parts.py"], sample)
    sample["urlopen"] = open_url
    stored = sample["upload"](tmp_path / "film.mp4", "http://testserver/api/", "-")

    assert (stored["name"], stored["sha256"]) == ("film.mp4", sha256(content).hexdigest())


@pytest.mark.parametrize(("name", "operation", "argument"), RULES)
def test_rules_of_a_bucket__have_the_form_of_the_api(name, operation, argument):
    boto3, stub = pytest.importorskip("boto3"), pytest.importorskip("botocore.stub")
    keys = {"aws_access_key_id": "-", "aws_secret_access_key": "-"}
    store = boto3.client("s3", region_name="eu-west-1", **keys)
    with stub.Stubber(store) as stubber:
        stubber.add_response(operation, {})
        getattr(store, operation)(Bucket="mysite-files", **{argument: json.loads(BLOCKS[name])})
