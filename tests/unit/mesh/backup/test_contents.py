"""Which objects the rows of a dump name."""

from mesh.backup.contents import Contents, Needed, _read

USER, VIDEO = "7b0c0d3e-7d53-4ab5-9c3c-0d3c7b2a1f01", "7b0c0d3e-7d53-4ab5-9c3c-0d3c7b2a1f02"

COLUMNS = ("video_id", "user_id", "content_type", "size_bytes", "sha256", "state")


def test_a_video_is_needed_once_it_is_imported() -> None:
    lines = [
        f"COPY storage.videos ({', '.join(COLUMNS)}) FROM stdin;\n".encode(),
        *(
            f"{VIDEO}\t{USER}\tvideo/mp4\t7\tabc\t{state}\n".encode()
            for state in ("PENDING", "QUEUED", "READY", "FAILED")
        ),
        b"\\.\n",
    ]
    contents = Contents()
    _read(iter(lines), contents)
    assert contents.tables == {"storage.videos": 4}
    assert contents.needed == [Needed(f"videos/{USER}/{VIDEO}", "video/mp4", "abc", 7)]
