"""Upload protocols as parsers and values, without Django: tus, the IETF draft, digests."""
