"""What the command line tells people instead of a stack trace."""


class MeshError(Exception):
    """Something a person can act on; `argus` prints it and exits with 1.

    Args:
        message: What happened.
        advice: What to do about it.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class NotReadyError(Exception):
    """A part does not answer as it should yet; the message says what is missing."""
