"""HTTP headers of what is saved as a file."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.printing.html_writer import POLICY as REPORT_POLICY
from services.runtime.downloads import SANDBOX, Headers, download_headers


def export_headers(format_: pb.ExportFeedbackRequest.Format) -> Headers:
    """HTTP headers of an export: saved under a name, and harmless if it is opened."""
    html = format_ == pb.ExportFeedbackRequest.HTML
    names = {
        pb.ExportFeedbackRequest.CSV: "feedback.csv",
        pb.ExportFeedbackRequest.HTML: "report.html",
        pb.ExportFeedbackRequest.PDF: "report.pdf",
    }
    name = names.get(format_, "feedback.json")
    return (
        ("cache-control", "no-store"),
        ("content-disposition", f'attachment; filename="{name}"'),
        *download_headers(policy=f"{REPORT_POLICY}; sandbox" if html else SANDBOX),
    )


def version_export_headers(version: int) -> Headers:
    """HTTP headers of an exported version: saved under a name."""
    name = f"version-{version}.argus" if version else "version.argus"
    return (
        ("cache-control", "no-store"),
        ("content-disposition", f'attachment; filename="{name}"'),
        *download_headers(policy=SANDBOX),
    )
