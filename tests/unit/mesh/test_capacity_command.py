"""`argus capacity`, as a person runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mesh.cli import app
from mesh.errors import MeshError

RUNNER = CliRunner()


def test_a_table_of_what_is_needed_and_what_it_costs() -> None:
    done = RUNNER.invoke(app, ["capacity", "--images", "10M", "--quantization", "scalar"])
    assert done.exit_code == 0, done.output
    for said in (
        "10 million images",
        "originals",
        "5 TB",
        "a month",
        "extrapolated",
        "assumptions",
    ):
        assert said in done.output


def test_json_has_the_same_with_the_source_of_each_number(tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("core = 1\n", encoding="utf-8")
    done = RUNNER.invoke(
        app,
        [
            "capacity", "--images", "2M", "--replication", "2", "--price-file", str(prices),
            "--price-memory-gb", "5", "--format", "json",
        ],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["workload"]["images"] == 2e6
    assert told["prices"]["core"] == 1
    assert told["prices"]["memory_gb"] == 5
    assert told["prices_are_assumed"] is False
    assert told["money_per_month"] == pytest.approx(sum(told["costs"].values()))
    assert told["coefficients"]["row_bytes"]["source"]
    memory = [one["amount"] for one in told["needs"] if one["resource"] == "memory"]
    assert told["totals"]["memory"] == pytest.approx(sum(memory))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--images", "ten"],
        ["--images", "0"],
        ["--images", "10M", "--dimensions", "70000"],
        ["--images", "10M", "--replication", "10"],
        ["--images", "10M", "--uploads-per-day", "-5"],
    ],
)
def test_nonsense_is_named(arguments: list[str]) -> None:
    done = RUNNER.invoke(app, ["capacity", *arguments])
    assert isinstance(done.exception, MeshError)
    assert "--help" in done.exception.advice


def test_a_price_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "prices.toml"
    done = RUNNER.invoke(app, ["capacity", "--images", "1M", "--price-file", str(missing)])
    assert isinstance(done.exception, MeshError)
    assert "prices.toml" in str(done.exception)
