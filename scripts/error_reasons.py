"""The contract's enum of error reasons, made from the list in `docs/errors.md`.

A reason keeps its number for ever; new ones are added behind the last.
"""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "errors.md"
PROTO = ROOT / "protos" / "argus" / "errors" / "v1" / "error_reason.proto"

HEAD = """syntax = "proto3";

// Why a call or an item was refused.
package argus.errors.v1;

// The reasons of errors. `google.rpc.ErrorInfo.reason` carries the name of one
// of them, beside the domain `argus.internal` and the facts of the case, for
// instance:
//
//     {
//       "reason": "IMAGE_TOO_LARGE",
//       "domain": "argus.internal",
//       "metadata": {"max_bytes": "20971520"}
//     }
//
// A client may meet a reason that it does not know yet: the code of the status
// says what kind of error it is. Each comment has the codes and what to do.
// `make proto` writes this file from `docs/errors.md`.
enum ErrorReason {
  // Never sent.
  ERROR_REASON_UNSPECIFIED = 0;
"""

_ROW = re.compile(r"^\| `(\w+)` \| ([\w, ]+) \| (.*?) \|$", re.MULTILINE)
_VALUE = re.compile(r"^  (\w+) = (\d+);", re.MULTILINE)


def error_reason_proto() -> str:
    """The file as it should be.

    Raises:
        ValueError: a reason is gone from the list.
    """
    numbers: dict[str, int] = {}
    if PROTO.exists():
        numbers = {name: int(number) for name, number in _VALUE.findall(PROTO.read_text())}
    numbers.pop("ERROR_REASON_UNSPECIFIED", None)
    rows = {name: (codes, advice) for name, codes, advice in _ROW.findall(LIST.read_text())}
    if gone := numbers.keys() - rows.keys():
        raise ValueError(f"{LIST.name} lacks {', '.join(sorted(gone))}, which clients may know")
    for name in rows:
        numbers.setdefault(name, max(numbers.values(), default=0) + 1)
    return HEAD + "".join(
        _value(name, number, *rows[name])
        for name, number in sorted(numbers.items(), key=lambda item: item[1])
    ) + "}\n"  # fmt: skip


def write() -> None:
    """Renews the file."""
    PROTO.parent.mkdir(parents=True, exist_ok=True)
    PROTO.write_text(error_reason_proto(), encoding="utf-8")


def _value(name: str, number: int, codes: str, advice: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", f"{codes}: {advice}")
    comment = textwrap.fill(text, 80, initial_indent="  // ", subsequent_indent="  // ")
    return f"{comment}\n  {name} = {number};\n"
