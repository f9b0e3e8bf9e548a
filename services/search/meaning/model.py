"""The words in which search speaks of what scores mean."""

from dataclasses import dataclass
from enum import Enum, auto

from services.search.meaning.null import Null
from services.search.model import Cutoff

FALSE_ALARM_RATE = 0.05
"""Of unrelated queries, those whose best match is above the cut-off."""
LEAST_IMAGES = 20
"""In a smaller collection nothing is said of what unrelated queries score."""


class Kind(Enum):
    """Kinds of query, whose scores do not compare."""

    WORDS = "words"
    PICTURE = "picture"


class NoCutoff(Enum):
    """Why there is no cut-off."""

    TOO_FEW_IMAGES = auto()
    """Too few images to learn it from."""
    MIXED = auto()
    """The query is neither words alone nor a picture alone."""
    NOT_READY = auto()
    """It is being learnt."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores of a kind of query mean among one user's images.

    Attributes:
        null: What an unrelated query's best match scores.
        cutoff: From which score on a match is more than chance.
    """

    null: Null
    cutoff: Cutoff

    def confidence(self, score: float) -> float:
        """1 minus the chance that an unrelated query's best match scores as high, 0 to 1."""
        return 1 - self.null.exceeded(score)
