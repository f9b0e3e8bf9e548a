"""Why an offline file cannot be used; no client of the mesh meets these."""


class OfflineFileWrong(Exception):
    """The file is none of ours, damaged, or of another release; the message says what to do."""
