"""What was measured, part by part; None where a part was left out."""

from dataclasses import dataclass, field

from bench.web.dropping import Dropping
from bench.web.first_load import FirstLoad
from bench.web.lighthouse import Audit
from bench.web.panning import Panning
from bench.web.scrolling import Scrolling
from bench.web.searching import Searches


@dataclass
class Results:
    """One run."""

    first_load: FirstLoad | None = None
    audits: list[Audit] = field(default_factory=list)
    searches: Searches | None = None
    scrolling: Scrolling | None = None
    panning: Panning | None = None
    dropping: Dropping | None = None
    failed: dict[str, str] = field(default_factory=dict)
    """Why a part could not be measured, by its name."""
