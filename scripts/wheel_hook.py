"""What a wheel must have that is not in the repository: the page, as `make web` builds it."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    """Puts `web/dist` into wheels as `web_dist`. An editable install finds it where it is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the page.

        Raises:
            FileNotFoundError: It was not built.
        """
        if version == "editable":
            return
        page = Path(self.root, "web", "dist")
        if not (page / "index.html").is_file():
            raise FileNotFoundError(f"{page} is missing: run `make web` before building a wheel.")
        build_data["force_include"][str(page)] = "web_dist"
