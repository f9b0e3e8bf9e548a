"""Whose word on a client's address is taken."""

import pytest

from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY, MAX_AGENT_LENGTH, client_of, edge_key

KEY = edge_key("a secret of the services")
PEER = "ipv4:127.0.0.1:4711"


def through(address: str, key: str = KEY) -> dict[str, str]:
    return {CLIENT_ADDRESS: address, EDGE_KEY: key}


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_the_edge_says_where_a_request_comes_from(said: str, address: str) -> None:
    assert client_of(through(said), PEER, key=KEY).address == address


@pytest.mark.parametrize("key", ["", "guess", edge_key("another secret"), KEY.upper(), "\xe9"])
def test_whoever_is_not_the_edge_is_the_peer_it_is(key: str) -> None:
    assert client_of(through("203.0.113.7", key), PEER, key=KEY).address == "127.0.0.1"
    assert client_of({CLIENT_ADDRESS: "203.0.113.7"}, PEER, key=KEY).address == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv6:[2001:db8::7]:4711", "2001:db8::7"),
        ("ipv6:%5B::1%5D:4711", "::1"),
        ("unix:/tmp/socket", ""),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_peers_as_grpc_names_them(peer: str, address: str) -> None:
    assert client_of({}, peer, key=KEY).address == address


def test_what_a_client_says_of_itself_is_safe_to_show_and_short() -> None:
    client = client_of({"user-agent": "curl/8\x1b[31m\n" + "x" * 1000}, PEER, key=KEY)
    assert client.agent.startswith("curl/8[31mx")
    assert len(client.agent) == MAX_AGENT_LENGTH
