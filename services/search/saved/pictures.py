"""Queries without the bytes of their pictures."""

from argus.search.v1.search_pb2 import SearchImagesRequest


def without_pictures(query: SearchImagesRequest) -> SearchImagesRequest:
    """A query whose pictures have no bytes; examples that are pictures stay, with their weights.

    It has the same words, filter and line, and as many examples of each kind.
    """
    bare = SearchImagesRequest()
    bare.CopyFrom(query)
    if bare.image:
        bare.image = b"\0"
    for example in bare.examples:
        if example.WhichOneof("source") == "image":
            example.image = b"\0"
    return bare


def as_shown(query: SearchImagesRequest) -> SearchImagesRequest:
    """A query that was read without its pictures, as answers have it: an empty picture is one."""
    shown = SearchImagesRequest()
    shown.CopyFrom(query)
    if shown.image == b"\0":
        shown.image = b""
    for example in shown.examples:
        if example.WhichOneof("source") == "image" and example.image == b"\0":
            example.image = b""
    return shown
