"""Rules and dashboards as files of the chart.

python -m scripts.monitoring write   writes k8s/chart/files/rules and k8s/chart/files/dashboards
python -m scripts.monitoring check   fails if they are not what would be written
"""

import sys

from scripts.monitoring.files import stale, write


def main(arguments: list[str]) -> int:
    """Writes or checks; the process's exit code."""
    if arguments == ["write"]:
        write()
        return 0
    if arguments != ["check"]:
        print(__doc__, file=sys.stderr)
        return 2
    if wrong := stale():
        print(
            f"Run `python -m scripts.monitoring write`; stale: {', '.join(wrong)}", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
