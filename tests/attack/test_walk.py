"""Everybody calls every method with their own, shared, other people's and unknown ids.

What is expected comes from the policies of the contract (who may call), from the scopes of API
keys, and from the table of `tests/support/resources.py` (which field names what). The rules are
the same for all methods:

- whoever may not call is told so, whatever the ids;
- what is another person's is answered as what there is not: the same code, reason and words, or the
  same answer, and nothing of it is changed;
- what is one's own is there;
- of a set that is shared, one may do what `tests/wire/inspection/test_sharing.py` says of methods;
- members of a group may do what is said of methods below;
- whoever is invited is a stranger until they accept.

A new method is walked without being named here, unless one of these tables has to say something of
it; then this fails with words that say which.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from mesh.credentials import load_credentials
from services.runtime.policy import MethodPolicy
from services.runtime.scopes import EMBED, INSPECT, READ, WRITE, sufficient_scopes
from tests.attack.answers import Answer, ask
from tests.attack.belongings import (
    NOBODY_HAS,
    Belongings,
    another_session,
    belongings,
    joined_group,
    shared_set,
)
from tests.support.contract import methods
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.policies import POLICIES, ROLE_REQUIRED, Caller, refusal_at_the_edge
from tests.support.resources import EVERYBODYS, Kind, Reference, references
from tests.support.roles import assign_role
from tests.support.services import bearer
from tests.wire.inspection.test_sharing import CHANGING, INSPECTING, LOOKING, OF_A_GUEST, OWN

REQUESTS: dict[str, dict[str, Any]] = {
    "UpdateImage": {"image": {"labels": {"walked": "yes"}}, "updateMask": "labels"},
    "BatchUpdateLabels": {"set": {"walked": "yes"}},
    "CreateReferenceSet": {"displayName": "walked"},
    "SubmitFeedback": {"action": "COMMENT", "note": "walked"},
    "InspectImages": {"itemId": "1"},
    "SetThreshold": {"value": 1e6},
    "SetUserRole": {"role": "ADMIN"},
    "RenameGroup": {"displayName": "walked"},
    "InviteToGroup": {"email": "walked@example.org"},
    "ShareReferenceSet": {"emails": ["walked@example.org"]},
    "UnshareReferenceSet": {"emails": ["walked@example.org"]},
    "SetRetentionRule": {"labelKey": "walked", "keepDays": 36_500},
    "CreateSavedSearch": {"displayName": "walked", "query": {"text": "red", "minScore": 0.9}},
    "UpdateSavedSearch": {
        "savedSearch": {"query": {"text": "red", "minScore": 0.9}},
        "updateMask": "query",
    },
}
"""What a valid request has beside ids; of inspection's methods, what test_sharing.py says."""

ANSWERED_WITHOUT = {
    "BatchGetImages": "it leaves out what is not there",
    "BatchDeleteImages": "what is not there is gone; it answers what it deleted",
    "BatchUndeleteImages": "it leaves out what is not there",
    "RemoveReferenceImages": "what is not in the set is not in it afterwards, either",
    "ReleaseReviewItems": "a claim that ended has nothing to release",
    "WithdrawGroupInvitation": "what is not an invitation to the group is none afterwards, either",
}
"""Methods that answer OK though a required id is not there, and why that tells nothing."""

REFUSED_ALONE = {
    "ImportVectors": "a snapshot is several messages; of one it counts images that are not there",
}
"""Methods to which one message with an id is no request, and what they say of ids in a whole."""

MAKING = {"CreateSavedSearch": "savedSearchId"}
"""Methods that make something whatever is named beside it, and the field that has its id."""

SAID_OF_ONES_OWN = {"RESULT_SINK_NOT_FOUND"}
"""Reasons that only an owner gets: of a set that is theirs and has no sink."""

TAKING = (
    "DeleteSavedSearch",
    "DeleteVideo",
    "DeleteRetentionRule",
    "RemoveReferenceImages",
    "DeleteFeedback",
    "DeleteVersion",
    "DeleteImage",
    "UndeleteImage",
    "BatchDeleteImages",
    "BatchUndeleteImages",
    "UnshareReferenceSet",
    "DeleteReferenceSet",
    "AcceptShareInvitation",
    "LeaveReferenceSet",
    "DeclineShareInvitation",
    "AcceptGroupInvitation",
    "LeaveGroup",
    "DeclineGroupInvitation",
    "WithdrawGroupInvitation",
    "DeleteGroup",
    "RevokeApiKey",
    "RevokeUserApiKey",
    "RevokeSession",
    "RevokeUserSession",
    # Also the one in which it is called.
    "RevokeUserSessions",
)
"""Methods that take away what they name, in an order in which each still finds its own."""

OF_MEMBERS = {"GetGroup", "LeaveGroup"}
"""What all members may with a group."""

OF_GROUP_OWNERS = {
    "RenameGroup",
    "DeleteGroup",
    "InviteToGroup",
    "WithdrawGroupInvitation",
    "RemoveGroupMember",
}
"""What only owners may."""

MAKING_VIEWS = {"CreateReferenceSet"}
"""Of a set that is shared; only its owner does."""

SCOPE_MISSING = ("PERMISSION_DENIED", "SCOPE_MISSING")
READ_ONLY = ("PERMISSION_DENIED", "REFERENCE_SET_READ_ONLY")
GROUP_READ_ONLY = ("PERMISSION_DENIED", "GROUP_READ_ONLY")
WALLS = {"UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND", "INVALID_ARGUMENT"}
BROKEN = {"INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}

NAMING = {
    method.full_name: (method, named) for method in methods() if (named := references(method))
}
"""Methods whose requests name something."""

OF_GROUPS = [
    (method, named)
    for method, named in NAMING.values()
    if method.containing_service.full_name == "argus.auth.v1.GroupService"
    and any(one.kind is Kind.GROUP for one in named)
]
"""Methods that do something with a group."""


@dataclass(frozen=True)
class Walker:
    """Somebody who calls.

    Attributes:
        name: For messages.
        caller: Whom policies mean.
        metadata: Their token.
        scopes: Of an API key; None of a session.
        own: What is theirs; None if they can have nothing.
        guest_of: The role in the set that is shared; empty if they are none of its members.
    """

    name: str
    caller: Caller
    metadata: tuple[tuple[str, str], ...]
    scopes: frozenset[str] | None = None
    own: Belongings | None = None
    guest_of: str = ""

    def refusal(self, policy: MethodPolicy) -> tuple[str, str] | None:
        """How they are refused whatever they name; None if they are let in."""
        refused = refusal_at_the_edge(policy, self.caller)
        if self.scopes is None or not policy.needs_token or refused not in {None, ROLE_REQUIRED}:
            return refused
        # What the key may is asked before what its owner may.
        sufficient = bool(sufficient_scopes(policy.method) & self.scopes)
        return refused if sufficient else SCOPE_MISSING


@dataclass(frozen=True)
class Stage:
    """Everybody, and what is whose."""

    channel: grpc.aio.Channel
    owner: Person
    theirs: Belongings
    """What is the owner's alone."""
    shared: dict[Kind, str]
    """A set and a group of the owner's with members."""
    before: list[str]
    """What the owner saw before anybody else called."""
    walkers: Mapping[str, Walker]
    wrong: list[str] = field(default_factory=list)

    async def answer(
        self, walker: Walker, method: MethodDescriptor, ids: Mapping[Reference, tuple[str, ...]]
    ) -> Answer:
        """What a method answers somebody who names these."""
        return await ask(self.channel, method, request(method, ids), walker.metadata)


def request(method: MethodDescriptor, ids: Mapping[Reference, tuple[str, ...]]) -> Message:
    """A request that is valid but for its ids."""
    made = GetMessageClass(method.input_type)()
    beside = (LOOKING | CHANGING | INSPECTING | OWN).get(method.name, {})
    if method.input_type.file.package == "argus.inspection.v1":
        by_id = any(one.path == ("image_id",) for one in ids)
        fields = {
            name: value
            for name, value in beside.items()
            if not name.endswith(("_id", "_ids")) and not (by_id and name == "image")
        }
        made = type(made)(**fields)
    ParseDict(REQUESTS.get(method.name, {}), made)
    for one, named in ids.items():
        one.name(made, *named)
    return made


def but_for_new_ids(method: MethodDescriptor, answer: Answer) -> Answer:
    """What is answered, without the id of what was made: each has its own."""
    field = MAKING.get(method.name)
    if field is None or answer.code != "OK":
        return answer
    return answer.without(json.loads(answer.text)[field])


WALKERS = ("nobody", "viewer", "inspector", "admin", READ, WRITE, INSPECT, EMBED)


@pytest.fixture(scope="module")
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def stage(mesh: Mesh, http: httpx.AsyncClient) -> AsyncIterator[Stage]:
    secret = load_credentials(mesh.layout).service_secret
    auth_target = f"127.0.0.1:{mesh.state().ports.auth}"
    async with (
        grpc.aio.insecure_channel(auth_target) as auth,
        grpc.aio.insecure_channel(mesh.edge_target) as channel,
    ):

        async def somebody() -> Person:
            person = await Person.register(mesh, http)
            await assign_role(auth, person.email, "INSPECTOR", secret=secret)
            await person.sign_in()
            return person

        owner, host = await somebody(), await somebody()
        people = {name: await somebody() for name in ("viewer", "inspector", "admin")}
        guests = {"viewer": "VIEWER", "inspector": "INSPECTOR"}
        theirs = await belongings(owner, 1, host)
        shared = await shared_set(owner, [(people[name], role) for name, role in guests.items()], 2)
        shared[Kind.GROUP] = await joined_group(owner, [people[name] for name in guests])
        walkers = {"nobody": Walker("nobody", Caller.NOBODY, ())}
        for seed, (name, person) in enumerate(people.items(), 3):
            own = await belongings(person, seed, host)
            if name != "inspector":
                await assign_role(auth, person.email, name.upper(), secret=secret)
                # Other sessions than the one that they call in; a lower role ended both.
                await person.sign_in()
                own.ids[Kind.SESSION] = await another_session(person)
                own.apart["RevokeUserSession"][Kind.SESSION] = await another_session(person)
            walkers[name] = Walker(
                name,
                Caller[name.upper()],
                person.metadata,
                own=own,
                guest_of=guests.get(name, ""),
            )
        machine = walkers["inspector"]
        for scope in (READ, WRITE, INSPECT, EMBED):
            walkers[scope] = Walker(
                f"an API key that may {scope}",
                Caller.INSPECTOR,
                bearer(await token_of_key(people["inspector"], scope)),
                frozenset({scope}),
                machine.own,
                machine.guest_of,
            )
        yield Stage(channel, owner, theirs, shared, await seen_by(owner, theirs), walkers)


async def seen_by(owner: Person, theirs: Belongings) -> list[str]:
    """What others could have changed of the owner's."""
    named = theirs.ids
    paths = (
        f"qa/reference-sets/{named[Kind.REFERENCE_SET]}",
        f"auth/groups/{named[Kind.GROUP]}",
        "auth/groups",
        "auth/group-invitations",
        "qa/invitations",
        "auth/api-keys",
    )
    answers = [await owner.call("GET", f"/api/{path}") for path in paths]
    image = await owner.call("GET", f"/api/images/{named[Kind.IMAGE]}")
    return [*(answer.text for answer in answers), str(image.json()["labels"])]


async def token_of_key(person: Person, scope: str) -> str:
    body = {"displayName": scope, "scopes": [scope.upper()]}
    made = await person.call("POST", "/api/auth/api-keys", json=body)
    secret = {"secret": made.json()["secret"]}
    exchanged = await person.http.post("/api/auth/api-keys:exchange", json=secret)
    assert exchanged.status_code == 200, exchanged.text
    return str(exchanged.json()["accessToken"])


def policy_of(method: MethodDescriptor) -> MethodPolicy:
    return POLICIES[f"/{method.containing_service.full_name}/{method.name}"]


def policy_named(name: str) -> MethodPolicy:
    return next(policy_of(method) for method, _ in NAMING.values() if method.name == name)


def variants(
    named: list[Reference], mine: Mapping[Kind, str]
) -> list[tuple[Reference, dict[Reference, tuple[str, ...]]]]:
    """Each of a request's references, and what the request names beside it: one's own."""
    return [
        (
            one,
            {other: (mine[other.kind],) for other in named if other is not one and other.required},
        )
        for one in named
    ]


def test_every_id_of_every_request_is_known() -> None:
    assert {one.kind for _, named in NAMING.values() for one in named} == set(Kind)


def test_of_every_method_on_a_set_it_is_said_what_guests_may() -> None:
    of_sets = {
        method.name
        for method, named in NAMING.values()
        if any(one.kind is Kind.REFERENCE_SET for one in named) and policy_of(method).through_edge
    }
    said = LOOKING.keys() | CHANGING.keys() | INSPECTING.keys() | OWN.keys() | OF_A_GUEST.keys()
    assert of_sets <= said | MAKING_VIEWS | {"InspectImages"}, (
        "say in tests/wire/inspection/test_sharing.py what guests may"
    )


def test_of_every_method_on_a_group_it_is_said_what_members_may() -> None:
    assert {method.name for method, _ in OF_GROUPS} == OF_MEMBERS | OF_GROUP_OWNERS


@pytest.mark.parametrize("name", WALKERS)
async def test_what_is_anothers_is_as_what_there_is_not(stage: Stage, name: str) -> None:
    walker = stage.walkers[name]
    wrong = []
    for method, named in NAMING.values():
        policy = policy_of(method)
        refused = walker.refusal(policy)
        mine = (walker.own or stage.theirs).of(method.name)
        for one, beside in variants(named, mine):
            if one.kind in EVERYBODYS and refused is None:
                continue
            unknown = str(uuid4())
            # What is theirs, and what of theirs is good for this method.
            foreign = dict.fromkeys(
                ids[one.kind] for ids in (stage.theirs.ids, stage.theirs.of(method.name))
            )
            tries: list[tuple[str, ...]] = []
            for theirs in foreign:
                tries += [(theirs,), (unknown,)]
                if one.many and method.name not in TAKING:
                    tries += [(mine[one.kind], theirs), (mine[one.kind], unknown)]
            answers = [
                but_for_new_ids(
                    method, await stage.answer(walker, method, {**beside, one: ids})
                ).without(*foreign, unknown)
                for ids in tries
            ]
            where = f"{method.name}, {one.path[-1]}: "
            if refused is not None:
                wrong += [
                    f"{where}{answer} instead of {refused}"
                    for answer in answers
                    if (answer.code, answer.reason) != refused
                ]
                continue
            wrong += [
                f"{where}another's: {theirs}; unknown: {none}"
                for theirs, none in zip(answers[::2], answers[1::2], strict=True)
                if theirs != none
            ]
            wrong += [
                f"{where}{answer}; an id that is not there is NOT_FOUND, or say in "
                "ANSWERED_WITHOUT why not, and in REQUESTS what a valid request has beside it"
                for answer, ids in zip(answers, tries, strict=True)
                if one.required
                and len(ids) == 1
                and answer.code != "NOT_FOUND"
                and not (answer.code == "OK" and method.name in ANSWERED_WITHOUT)
                and method.name not in REFUSED_ALONE
            ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["viewer", "inspector", READ, WRITE, INSPECT])
async def test_guests_of_a_set_may_what_is_said_of_its_methods(stage: Stage, name: str) -> None:
    walker = stage.walkers[name]
    assert walker.own is not None
    # Only the set and its jobs are shared; what else is the guest's own.
    ids = {**walker.own.ids, Kind.REFERENCE_SET: stage.shared[Kind.REFERENCE_SET]}
    ids[Kind.JOB] = stage.shared[Kind.JOB]
    # They still need it; of another set they give up in the walk over what is their own.
    leaving = {*OF_A_GUEST} if walker.refusal(policy_named("LeaveReferenceSet")) is None else set()
    wrong = []
    for method, named in NAMING.values():
        sets = [one for one in named if one.kind is Kind.REFERENCE_SET]
        if not sets or not policy_of(method).through_edge or method.name in leaving:
            continue
        named_ids = {one: (ids[one.kind],) for one in named if one.required or one in sets}
        answer = await stage.answer(walker, method, named_ids)
        refused = walker.refusal(policy_of(method))
        if refused is None and (
            method.name in {*CHANGING, *MAKING_VIEWS}
            or (method.name in {*INSPECTING, "InspectImages"} and walker.guest_of == "VIEWER")
        ):
            refused = READ_ONLY
        if refused is None and answer.code in WALLS | BROKEN:
            wrong.append(f"{method.name}: {answer} though guests may")
        if refused is not None and (answer.code, answer.reason) != refused:
            wrong.append(f"{method.name}: {answer} instead of {refused}")
    assert not wrong, "\n".join(wrong)


async def test_guests_see_no_more_of_the_owner_than_the_set(stage: Stage) -> None:
    """Images of the set, and what others did with it, are as what there is not."""
    wrong = []
    for name in ("viewer", "inspector"):
        walker = stage.walkers[name]
        for method, named in NAMING.values():
            images = [one for one in named if one.kind is Kind.IMAGE and one.required]
            if not images or walker.refusal(policy_of(method)) is not None:
                continue
            sets = {
                one: (stage.shared[Kind.REFERENCE_SET],)
                for one in named
                if one.kind is Kind.REFERENCE_SET
            }
            unknown = str(uuid4())
            answers = [
                (await stage.answer(walker, method, {**sets, images[0]: (image,)})).without(image)
                for image in (stage.shared[Kind.IMAGE], unknown)
            ]
            if answers[0] != answers[1]:
                wrong.append(f"{name}, {method.name}: {answers[0]}; unknown: {answers[1]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["viewer", "inspector"])
async def test_members_of_a_group_may_what_is_said_of_its_methods(stage: Stage, name: str) -> None:
    walker = stage.walkers[name]
    wrong = []
    for method, named in OF_GROUPS:
        # They leave another one, in the walk over what is their own.
        if method.name == "LeaveGroup":
            continue
        refused = walker.refusal(policy_of(method))
        if refused is None and method.name in OF_GROUP_OWNERS:
            refused = GROUP_READ_ONLY
        ids = {**stage.theirs.of(method.name), Kind.GROUP: stage.shared[Kind.GROUP]}
        answer = await stage.answer(walker, method, {one: (ids[one.kind],) for one in named})
        if refused is None and answer.code != "OK":
            wrong.append(f"{method.name}: {answer} though members may")
        if refused is not None and (answer.code, answer.reason) != refused:
            wrong.append(f"{method.name}: {answer} instead of {refused}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["viewer", "inspector", "admin"])
async def test_who_is_invited_is_a_stranger_until_they_accept(stage: Stage, name: str) -> None:
    walker = stage.walkers[name]
    assert walker.own is not None
    offered = {
        Kind.GROUP: walker.own.of("LeaveGroup")[Kind.GROUP],
        Kind.REFERENCE_SET: walker.own.of("LeaveReferenceSet")[Kind.REFERENCE_SET],
    }
    wrong = []
    for method, named in NAMING.values():
        if walker.refusal(policy_of(method)) is not None:
            continue
        for one, beside in variants(named, walker.own.of(method.name)):
            if one.kind not in offered:
                continue
            known, unknown = offered[one.kind], str(uuid4())
            answers = [
                (await stage.answer(walker, method, {**beside, one: (named_id,)})).without(named_id)
                for named_id in (known, unknown)
            ]
            if answers[0] != answers[1]:
                wrong.append(f"{method.name}: {answers[0]}; unknown: {answers[1]}")
    assert not wrong, "\n".join(wrong)


async def test_nothing_of_the_owners_was_changed(stage: Stage) -> None:
    """After all these calls by others."""
    assert await seen_by(stage.owner, stage.theirs) == stage.before
    owner = Walker("the owner", Caller.INSPECTOR, stage.owner.metadata, own=stage.theirs)
    wrong = await walked_by(stage, owner, taking=False)
    assert not wrong, "\n".join(wrong)
    image = await stage.owner.call("GET", f"/api/images/{stage.theirs.ids[Kind.IMAGE]}")
    assert image.json()["labels"] == {"walked": "yes"}, "by the owner, just now"


@pytest.mark.parametrize("name", [READ, WRITE, INSPECT, EMBED, "viewer", "inspector", "admin"])
async def test_what_is_ones_own_is_there(stage: Stage, name: str) -> None:
    walker = stage.walkers[name]
    # An API key is the inspector's, who comes later and still needs all of it.
    wrong = await walked_by(stage, walker, taking=walker.scopes is None)
    assert not wrong, "\n".join(wrong)


async def walked_by(stage: Stage, walker: Walker, *, taking: bool) -> list[str]:
    """What is wrong with the answers to somebody who names their own."""
    assert walker.own is not None
    wrong = []
    order = {name: number for number, name in enumerate(TAKING, 1)}
    for method, named in sorted(NAMING.values(), key=lambda one: order.get(one[0].name, 0)):
        refused = walker.refusal(policy_of(method))
        if method.name in order and not taking and refused is None:
            continue
        mine = walker.own.of(method.name)
        ids = {
            one: (mine[one.kind],) for one in [one for one in named if one.required] or named[:1]
        }
        answer = await stage.answer(walker, method, ids)
        if refused is not None:
            if (answer.code, answer.reason) != refused:
                wrong.append(f"{method.name}: {answer} instead of {refused}")
        elif answer.reason in SAID_OF_ONES_OWN or method.name in REFUSED_ALONE:
            continue
        elif answer.code in WALLS | BROKEN and not {one.kind for one in ids} & NOBODY_HAS.keys():
            wrong.append(
                f"{method.name}: {answer} of what is one's own. If a method before it took it "
                "away, that one belongs in TAKING; if the request is not valid, say in REQUESTS"
            )
    return wrong
