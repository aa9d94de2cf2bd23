"""Headers of tus, of the IETF draft and of RFC 9530, from the examples of the standards."""

from datetime import UTC, datetime

import pytest

from org_files.uploads.protocols import draft, tus
from org_files.uploads.protocols.digests import (
    Digests,
    parse_digests,
    preferred_algorithm,
    promised_algorithms,
    write_digests,
)
from org_files.uploads.protocols.fields import FieldError

#: RFC 9530, appendix B.1, of the content '{"hello": "world"}' and a line end.
CONTENT = b'{"hello": "world"}\n'
SHA_256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
SHA_512 = (
    "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3q"
    "g==:"
)


def test_digests_of_rfc_9530():
    promised = parse_digests(f"{SHA_256}, {SHA_512}, md5=:AAAA:")
    assert promised.keys() == {"sha-256", "sha-512"}
    digests = Digests(promised)
    digests.update(CONTENT[:5])
    digests.update(CONTENT[5:])
    assert digests.match(promised)
    assert write_digests(digests.values()) == f"{SHA_256}, {SHA_512}"
    digests.update(b"x")
    assert not digests.match(promised)


@pytest.mark.parametrize("text", ["sha-256", "sha-256=abc", "sha-256=:YQ==:", "sha-256=:YQ=="])
def test_malformed_digest(text):
    with pytest.raises(FieldError):
        parse_digests(text)
    assert promised_algorithms({"Repr-Digest": text}) == set()


def test_preferred_algorithm():
    # RFC 9530, appendix C.
    assert preferred_algorithm("sha-256=10, sha=3") == "sha-256"
    assert preferred_algorithm("sha-512=3, sha-256=10, unixsum=0") == "sha-256"
    for none in ("", "sha=10", "sha-256=0", "sha-256=11", "sha-256=?1", "sha-256=", "sha-256"):
        assert preferred_algorithm(none) is None


def test_metadata_of_tus():
    text = "filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,is_confidential"
    assert tus.parse_metadata(text) == {
        "filename": b"world_domination_plan.pdf",
        "is_confidential": b"",
    }
    assert tus.parse_metadata("") == {}


@pytest.mark.parametrize(
    "text", ["a YQ==,a YQ==", " ,", "a YQ==,", "a !", "a YQ", "ä YQ==", "a\r\nb YQ==", "a " * 40000]
)
def test_malformed_metadata(text):
    with pytest.raises(tus.HeaderError):
        tus.parse_metadata(text)


def test_checksum_of_tus():
    digest = bytes.fromhex("2aae6c35c94fcfb415dbe95f408b9ce91ee846ed")
    assert tus.parse_checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=") == ("sha1", digest)
    for text in ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 YQ==", "sha1", "sha1 !", ""):
        with pytest.raises(tus.HeaderError):
            tus.parse_checksum(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "0x1", "1" * 19, "\uff11"])
def test_malformed_lengths(text):
    with pytest.raises(tus.HeaderError):
        tus.parse_length("Upload-Length", text)


def test_expiry_of_tus():
    moment = datetime(2014, 6, 25, 16, tzinfo=UTC)
    assert tus.write_expiry(moment) == "Wed, 25 Jun 2014 16:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "version", "completes"),
    [
        ({draft.INTEROP: "3", "Upload-Incomplete": "?0"}, 3, True),
        ({draft.INTEROP: "3", "Upload-Incomplete": "?1"}, 3, False),
        ({draft.INTEROP: "3"}, 3, None),
        ({draft.INTEROP: "5", "Upload-Complete": "?0"}, 5, False),
        ({draft.INTEROP: "8", "Upload-Complete": "?1"}, 8, True),
        ({"Upload-Complete": "?1"}, 8, True),
        ({"Upload-Incomplete": "?1"}, 3, False),
        ({draft.INTEROP: "99", "Upload-Complete": "?1"}, 8, True),
        ({draft.INTEROP: "8", "Upload-Complete": "1"}, 8, None),
        ({draft.INTEROP: "8", "Upload-Complete": "true"}, 8, None),
    ],
)
def test_fields_of_the_draft(headers, version, completes):
    intent = draft.parse_intent(headers)
    assert (intent.version, intent.completes) == (version, completes)
    assert draft.starts_upload(headers) == (completes is not None)
    assert intent.takes_interim == (headers.get(draft.INTEROP) in ("3", "5", "8"))


def test_numbers_of_the_draft():
    intent = draft.parse_intent({"Upload-Offset": "25000000", "Upload-Length": "100000000"})
    assert (intent.offset, intent.length) == (25000000, 100000000)
    for other in ("-1", "1.5", '"1"', "?1", "", "1" * 16):
        intent = draft.parse_intent({"Upload-Offset": other, "Upload-Length": other})
        assert (intent.offset, intent.length) == (None, None)


def test_written_limits():
    assert draft.write_limits({"max-size": 1234567890, "max-age": None}) == "max-size=1234567890"
    assert draft.write_limits({"max-size": None}) == "min-size=0"


def test_interim_head():
    head = draft.interim_head({"Location": "https://example.com/upload/b530ce8ff"})
    assert head == (
        b"HTTP/1.1 104 Upload Resumption Supported\r\n"
        b"Location: https://example.com/upload/b530ce8ff\r\n\r\n"
    )
