"""How much one user may have."""

from dataclasses import dataclass

from services.storage.errors import QuotaExceeded, TooManyPendingUploads


@dataclass(frozen=True, slots=True)
class Usage:
    """Images of one user, and their bytes together."""

    images: int
    size_bytes: int

    def with_one(self, size_bytes: int) -> "Usage":
        """As it would be with another image."""
        return Usage(self.images + 1, self.size_bytes + size_bytes)

    def exceeds(self, most: "Usage") -> bool:
        """Whether it is more than `most`, of which 0 is no limit."""
        return (0 < most.images < self.images) or (0 < most.size_bytes < self.size_bytes)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What each user may have.

    Attributes:
        pending: Uploads that are reserved and not completed.
        kept: All images, pending ones and those in the trash included.
    """

    pending: Usage
    kept: Usage

    @property
    def counts_kept(self) -> bool:
        """Whether all images have to be counted."""
        return self.kept != Usage(0, 0)

    def check(self, pending: Usage, kept: Usage) -> None:
        """Checks what a user would have with another upload.

        Raises:
            TooManyPendingUploads, QuotaExceeded: it would be too much.
        """
        if pending.exceeds(self.pending):
            raise TooManyPendingUploads(
                f"with this one, {pending.images} of your uploads ({pending.size_bytes} bytes) "
                f"would wait to be completed; at most {_words(self.pending)} may. Complete or "
                "delete some, or wait until they expire",
                metadata=_facts(self.pending),
                retry_after_s=RETRY_AFTER_S,
            )
        if kept.exceeds(self.kept):
            raise QuotaExceeded(
                f"with this one you would have {kept.images} images ({kept.size_bytes} bytes); "
                f"your quota is {_words(self.kept)}. Delete some permanently, or ask the operator "
                "for more",
                metadata=_facts(self.kept),
            )


RETRY_AFTER_S = 10.0
"""When some uploads may be complete that are on their way."""


def _words(most: Usage) -> str:
    limits = [f"{most.images} images"] if most.images else []
    return " and ".join(limits + ([f"{most.size_bytes} bytes"] if most.size_bytes else []))


def _facts(most: Usage) -> dict[str, str]:
    return {"max_images": str(most.images), "max_bytes": str(most.size_bytes)}
