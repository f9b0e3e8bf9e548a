import asyncio
import tomllib
from pathlib import Path

import pytest

from mesh import limits_file
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.limits_file import establish, follow, in_force, lines, reload
from mesh.parts.edge import limits_template
from mesh.parts.edge_limits import load_limits
from services.runtime.message_limits import MessageLimits
from services.runtime.policy import Cost
from tests.support.eventually import eventually
from tests.support.policies import POLICIES
from tests.unit.mesh.conftest import Argus


@pytest.fixture
def made(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.delenv("ARGUS_LIMITS_FILE", raising=False)
    layout.make()
    return layout


def test_the_file_that_the_mesh_was_started_with_counts(made: Layout, tmp_path: Path) -> None:
    establish(made)
    named = tmp_path / "another.toml"
    named.write_text("[calls]\nread = {burst = 321}\n")
    made.limits_file.write_text("[calls]\nread = {burst = 123}\n")
    assert reload(made, named) == ["calls.read is {per_second = 300, burst = 321}"]
    made.limits_in_force.write_text("[calls]")
    assert in_force(made) is None


def test_what_is_in_force_is_what_the_files_say(made: Layout) -> None:
    assert in_force(made) is None
    limits = establish(made)
    assert in_force(made) == limits == load_limits(limits_template(), None)
    assert tomllib.loads("\n".join(lines(limits))) == limits.model_dump()


def test_a_changed_file_is_put_in_force_and_a_wrong_one_never(made: Layout) -> None:
    establish(made)
    made.limits_file.write_text(
        "[calls]\nread = {per_second = 7, burst = 9}\n[connections]\ntotal = 5000\n"
    )
    assert reload(made) == [
        "calls.read is {per_second = 7, burst = 9}",
        "connections.total is 5000, from the next start on",
    ]
    assert reload(made) == []
    known, kept = in_force(made), made.edge_limits.read_bytes()
    made.limits_file.write_text("[calls]\nreed = {burst = 7}\n")
    with pytest.raises(MeshError, match=r"calls\.reed"):
        reload(made)
    assert (in_force(made), made.edge_limits.read_bytes()) == (known, kept)
    made.limits_file.unlink()
    assert len(reload(made)) == 2
    assert in_force(made) == load_limits(limits_template(), None)


async def test_a_running_mesh_follows_the_file(
    made: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_file, "LOOK_EVERY_S", 0.01)
    establish(made)
    told: list[str] = []
    following = asyncio.create_task(follow(made, told.append))
    await asyncio.sleep(0)

    async def heard(word: str) -> None:
        await eventually(lambda: any(word in sentence for sentence in told), word)

    made.limits_file.write_text("[calls]\nsearch = {burst = 777}\n")
    await heard("calls.search")
    made.limits_file.write_text("[calls]\nsearch = {burst = 0}\n")
    await heard("The limits before hold")
    found = in_force(made)
    assert found is not None
    assert found.calls.search.burst == 777
    following.cancel()


def test_every_stream_on_which_clients_send_has_a_rate_of_messages() -> None:
    costs = {
        Cost.Name(policy.cost).lower()
        for policy in POLICIES.values()
        # What anybody may open ends soon.
        if policy.client_streaming and not policy.public
    }
    assert costs == set(MessageLimits.model_fields)


def test_an_operator_reads_limits_as_the_file_has_them(argus: Argus, made: Layout) -> None:
    where = ("--data-dir", str(made.data_dir))
    with pytest.raises(MeshError, match="No mesh ever ran"):
        argus("limits", *where)
    limits = establish(made)
    assert tomllib.loads(argus("limits", *where).stdout) == limits.model_dump()
    with pytest.raises(MeshError, match="Nothing runs"):
        argus("limits", "reload", *where)
