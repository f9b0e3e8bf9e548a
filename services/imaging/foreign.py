"""What is not decoded, told by its first bytes, so that a refusal can name it.

Camera raw files that look like TIFF (DNG, CR2, NEF, ARW and others) are told by their directories,
in `tiff.py`. `argus_client/foreign.py` is a copy, for clients that have nothing of the services.
"""

import re

RAW = "a camera's raw file"

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"II\xbc\x01", "JPEG XR"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"#?RGBE", "Radiance HDR"),
    (0, b"SIMPLE  =", "FITS"),
    (128, b"DICM", "DICOM"),
    (344, b"n+1\0", "NIfTI"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"),
    (0, b"\0\0\1\0", "a Windows icon"),
    (0, b"\0\0\2\0\1\0", "a Windows cursor"),
    (0, b"icns", "an Apple icon"),
    (0, b"qoif", "QOI"),
    (0, b"BPG\xfb", "BPG"),
    (0, b"FLIF", "FLIF"),
    (0, b"AT&TFORM", "DjVu"),
    (0, b"DDS ", "DirectDraw Surface"),
    (0, b"\xabKTX ", "KTX"),
    (0, b"SDPX", "DPX"),
    (0, b"XPDS", "DPX"),
    (0, b"\x80\x2a\x5f\xd7", "Cineon"),
    (0, b"\x8aMNG\r\n\x1a\n", "MNG"),
    (0, b"\x8bJNG\r\n\x1a\n", "JNG"),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
    (40, b" EMF", "a Windows metafile"),
    (0, b"\x59\xa6\x6a\x95", "a Sun raster file"),
    (0, b"\x01\xda", "an SGI picture"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"FUJIFILMCCD-RAW", f"{RAW} (RAF)"),
    (0, b"IIRO", f"{RAW} (ORF)"),
    (0, b"IIRS", f"{RAW} (ORF)"),
    (0, b"MMOR", f"{RAW} (ORF)"),
    (0, b"IIU\0", f"{RAW} (RW2)"),
    (0, b"\0MRM", f"{RAW} (MRW)"),
    (0, b"FOVb", f"{RAW} (X3F)"),
    (6, b"HEAPCCDR", f"{RAW} (CRW)"),
    (0, b"\x1aE\xdf\xa3", "a video (Matroska or WebM)"),
    (8, b"AVI ", "a video (AVI)"),
    (8, b"WAVE", "a sound (WAV)"),
    (0, b"PK\3\4", "a ZIP archive"),
    (0, b"\x1f\x8b", "compressed with gzip"),
)
"""Where bytes stand, which, and what they say that the file is; the first that fits counts."""

BRANDS = {
    b"crx ": f"{RAW} (CR3)",
    b"mif1": "HEIF without a picture in HEVC or AV1",
    b"msf1": "HEIF without a picture in HEVC or AV1",
    b"jp2 ": "JPEG 2000",
    b"jpx ": "JPEG 2000",
    b"jxl ": "JPEG XL",
}
"""Of ISO media files, by their major brand."""

_NETPBM = re.compile(rb"P[1-7Ff][ \t\r\n]")
_PROLOGUES = (b"<?xml", b"<!--", b"<!doctype")
_ROOTS = (
    (re.compile(rb"<svg[\s>/]"), "SVG"),
    (re.compile(rb"<(?:!doctype html|html|head|body)[\s>/]"), "a web page"),
)
_LOOKED_AT = 1024


def foreign(data: bytes) -> str:
    """What bytes are that are no image of a format that is decoded, as in `JPEG XL`.

    Empty if that is unknown.
    """
    for at, magic, name in SIGNATURES:
        if data[at : at + len(magic)] == magic:
            return name
    if data[4:8] == b"ftyp":
        return BRANDS.get(data[8:12], "a video or a picture in an ISO media file")
    if _NETPBM.match(data):
        return "a Netpbm picture (PPM, PGM, PBM, PAM or PFM)"
    return _markup(data[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _markup(text: bytes) -> str:
    """What a text is by its first element, which may stand behind declarations and comments."""
    looked = len(text) if text.startswith(_PROLOGUES) else 1
    found = [(seen.start(), name) for told, name in _ROOTS if (seen := told.search(text))]
    return min(((start, name) for start, name in found if start < looked), default=(0, ""))[1]
