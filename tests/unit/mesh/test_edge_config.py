import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from argus.inspection.v1 import inspection_pb2
from argus.storage.v1 import image_pb2
from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts.edge import binary, descriptor_set, limits_template, render, template_file
from mesh.parts.edge_connections import CHAINS, TlsListener
from mesh.parts.edge_inner_tls import write_secrets
from mesh.parts.edge_limits import load_limits
from mesh.parts.edge_places import of_machine
from mesh.parts.edge_policy import policies_of
from mesh.parts.edge_routes import fields_of
from mesh.parts.edge_store import Store, store_cluster
from mesh.parts.edge_tls import server_files
from mesh.parts.inner_certificates import make_inner_certificates
from mesh.parts.inner_tls import InnerTls, inner_tls
from mesh.supervision.ports import Ports
from services.runtime.policy import Cost

POLICIES = policies_of(descriptor_set().read_bytes())
NAMES = [name for name in Ports.model_fields if not name.startswith("more_")]
PORTS = Ports(**{name: 20000 + n for n, name in enumerate(NAMES)}, more_embedders=(21000, 21001))
STORE = Store("http://127.0.0.1:9000", "http://192.0.2.1:9000", "images")
WITHOUT_TOKEN = {
    "/argus.auth.v1.AuthService/Register",
    "/argus.auth.v1.AuthService/Login",
    "/argus.auth.v1.AuthService/RefreshToken",
    "/argus.auth.v1.AuthService/ExchangeApiKey",
    "/argus.auth.v1.AuthService/GetAccountDeletion",
    "/argus.auth.v1.AuthService/GetJwks",
    "/argus.auth.v1.EmailService/RequestPasswordReset",
    "/argus.auth.v1.EmailService/ResetPassword",
    "/argus.auth.v1.EmailService/ConfirmEmail",
    "/argus.auth.v1.SignInService/ListIdentityProviders",
    "/argus.auth.v1.SignInService/BeginSignIn",
    "/argus.auth.v1.SignInService/CompleteSignIn",
}


CALIBRATE = inspection_pb2.CalibrateReferenceSetRequest.DESCRIPTOR.full_name
UPLOAD = image_pb2.CreateUploadRequest.DESCRIPTOR.full_name


def methods() -> dict[str, MethodDescriptorProto]:
    files = FileDescriptorSet.FromString(descriptor_set().read_bytes())
    return {
        f"/{file.package}.{service.name}/{method.name}": method
        for file in files.file
        for service in file.service
        for method in service.method
    }


@pytest.fixture(scope="module")
def resources() -> Any:
    return yaml.safe_load(rendered("192.0.2.1", STORE, None))["static_resources"]


@pytest.fixture(scope="module")
def manager(resources: Any) -> Any:
    return manager_of(listener_named(resources, "public"))


def listener_named(resources: Any, name: str) -> Any:
    return next(found for found in resources["listeners"] if found["name"] == name)


def manager_of(listener: Any) -> Any:
    return listener["filter_chains"][0]["filters"][-1]["typed_config"]


def rendered(
    host: str,
    store: Store,
    page: Path | None,
    *,
    tls: TlsListener | None = None,
    hsts: bool = False,
    origin: str = "",
    inner: InnerTls | None = None,
) -> str:
    return render(
        of_machine(PORTS, host),
        store,
        page,
        limits=load_limits(limits_template(), None),
        admin_socket=Path("/run/admin"),
        tls=tls,
        hsts=hsts,
        origin=origin,
        inner=inner,
    )


def route_of(manager: Any, path: str, method: str = "POST", **headers: str) -> Any:
    """The route of a request; of a gRPC call if nothing else is said."""
    sent = {":method": method, "content-type": "application/grpc", "te": "trailers"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    sent[":path"] = path
    for route in manager["route_config"]["virtual_hosts"][0]["routes"]:
        match = route["match"]
        if "query_parameters" in match:
            continue
        if (
            match.get("path") == path
            or ("prefix" in match and path.startswith(match["prefix"]))
            or ("safe_regex" in match and re.fullmatch(match["safe_regex"]["regex"], path))
        ) and all(header_matches(header, sent) for header in match.get("headers", ())):
            return route
    raise AssertionError(f"no route for {path}")


def header_matches(header: Any, sent: dict[str, str]) -> bool:
    value = sent.get(header["name"])
    if value is None:
        if not header.get("treat_missing_header_as_empty"):
            return False
        value = ""
    how = header["string_match"]
    if "prefix" in how:
        matches = value.startswith(how["prefix"])
    else:
        wanted = re.escape(how["exact"]) if "exact" in how else how["safe_regex"]["regex"]
        matches = re.fullmatch(wanted, value) is not None
    return matches != bool(header.get("invert_match"))


@pytest.mark.parametrize("mtls", [True, False])
@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("store", [STORE, Store("https://s3.example", "https://s3.example", "b")])
def test_envoy_accepts_the_configuration(
    tmp_path: Path, store: Store, built: bool, mtls: bool
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    file = tmp_path / "envoy.yaml"
    layout = Layout.of(tmp_path / "data")
    layout.make()
    proof = server_files(layout, "127.0.0.1")
    tls = TlsListener("127.0.0.1", 20443, proof.certificate, proof.key)
    page = tmp_path if built else None
    if inner := inner_tls(layout, mtls=mtls):
        make_inner_certificates(inner)
        write_secrets(inner)
    file.write_text(rendered("127.0.0.1", store, page, tls=tls, hsts=built, inner=inner))
    done = subprocess.run(
        [binary(), "--mode", "validate", "--disable-hot-restart", "--config-path", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_tls_is_the_same_edge() -> None:
    tls = TlsListener("192.0.2.1", 20443, Path("/chain.pem"), Path("/key.pem"))
    resources = yaml.safe_load(rendered("192.0.2.1", STORE, None, tls=tls))["static_resources"]
    plain, secure = (listener_named(resources, name) for name in ("public", "tls"))
    assert manager_of(plain) == manager_of(secure)
    assert len(plain["filter_chains"]) == len(secure["filter_chains"]) == CHAINS
    for number, (one, other) in enumerate(
        zip(plain["filter_chains"], secure["filter_chains"], strict=True)
    ):
        assert one["name"] == other["name"] == str(number)
        assert one["filters"] == other["filters"]
        assert "transport_socket" not in one
        shown = other["transport_socket"]["typed_config"]["common_tls_context"]
        assert shown["tls_params"]["tls_minimum_protocol_version"] == "TLSv1_2"
        assert shown["alpn_protocols"] == ["h2", "http/1.1"]


def test_no_body_is_read_of_whoever_has_no_token(manager: Any) -> None:
    order = [found["name"] for found in manager["http_filters"]]
    check = order.index("argus.first_token_check")
    assert check < order.index("envoy.filters.http.buffer")
    assert check < order.index("envoy.filters.http.lua")
    for path, method in methods().items():
        rule = method.options.Extensions[annotations_pb2.http]
        for one in (rule, *rule.additional_bindings):
            verb = one.WhichOneof("pattern")
            if verb is None or not POLICIES[path].through_edge:
                continue
            asked = re.sub(r"\{[^}]*\}", "0123", getattr(one, verb))
            route = route_of(manager, asked, verb.upper())
            decided = route["typed_per_filter_config"]
            checked = decided.get("argus.first_token_check", {}).get("requirement_name")
            assert checked == (None if path in WITHOUT_TOKEN else "user"), asked
            bound = decided["envoy.filters.http.buffer"]["buffer"]["max_request_bytes"]
            assert path not in WITHOUT_TOKEN or bound <= 2**16, asked
            assert route["route"]["max_stream_duration"]["max_stream_duration"] != "0s"


def test_one_stream_never_fills_the_connection_of_all(resources: Any) -> None:
    for cluster in resources["clusters"]:
        options = cluster.get("typed_extension_protocol_options")
        if options is None:
            continue
        (http,) = options.values()
        windows = http["explicit_http_config"]["http2_protocol_options"]
        stream, whole = (
            windows[f"initial_{name}_window_size"] for name in ("stream", "connection")
        )
        (bounds,) = cluster["circuit_breakers"]["thresholds"]
        # All streams that there may be beside an honest one, none of which is read.
        assert stream * (bounds["max_requests"] - 1) <= whole, cluster["name"]


def test_every_method_has_a_route_if_it_is_for_the_outside(manager: Any) -> None:
    for path, policy in POLICIES.items():
        route = route_of(manager, path)["route"]
        if not policy.through_edge:
            assert route["cluster"] == "nowhere", path
            assert route["cluster_not_found_response_code"] == "NOT_FOUND", path
        elif path.startswith("/argus."):
            service = path.split(".")[1]
            # What is known of the whole is known to the service that needs all others.
            cluster = "inspection" if service == "installation" else service
            assert route["cluster"] == cluster, path
        else:
            # Strangers may call: beside the connections of those who work, and not for long.
            assert route["cluster"] == path.split(".")[1], path
            assert seconds(route["max_stream_duration"]["max_stream_duration"]) <= 61, path
    assert methods().keys() == {path for path in POLICIES if path.startswith("/argus.")}


@pytest.mark.parametrize("path", ["/argus.auth.v1.AuthService/Nothing", "/grpc.health.v1.Health/X"])
def test_what_the_contract_does_not_have_is_not_there(manager: Any, path: str) -> None:
    assert route_of(manager, path)["route"]["cluster"] == "nowhere"


def test_every_service_for_the_outside_is_transcoded(manager: Any) -> None:
    (transcoder,) = (
        found["typed_config"]
        for found in manager["http_filters"]
        if found["name"] == "envoy.filters.http.grpc_json_transcoder"
    )
    outside = {
        policy.service
        for policy in POLICIES.values()
        if policy.through_edge and policy.service.startswith("argus.")
    }
    assert set(transcoder["services"]) == outside


def test_every_route_holds_its_policy(manager: Any) -> None:
    for path, policy in POLICIES.items():
        if not policy.through_edge:
            continue
        whole = route_of(manager, path)
        route = whole["route"]
        limit = route["max_stream_duration"]
        # A second more than the service, which says better what took long.
        assert seconds(limit["max_stream_duration"]) == policy.deadline_s + 1, path
        assert seconds(limit["grpc_timeout_header_max"]) == policy.max_deadline_s + 1, path
        assert ("idle_timeout" in route) == ("timeout" in route) == policy.streaming, path
        if policy.idle_s is not None:
            assert (route["timeout"], seconds(route["idle_timeout"])) == ("0s", policy.idle_s), path
        assert ("retry_policy" in route) == policy.retryable, path
        cost = whole["metadata"]["filter_metadata"]["argus.policy"]["cost"]
        assert Cost.Value(cost) == policy.cost
        # Of whoever has not said who it is nothing reaches a service that is not whole.
        whole_first = policy.public and not policy.client_streaming
        assert ("typed_per_filter_config" in whole) == whole_first, path
        if whole_first:
            bound = whole["typed_per_filter_config"]["envoy.filters.http.buffer"]["buffer"]
            assert 0 < bound["max_request_bytes"] - (policy.max_request_bytes or 0) <= 1024, path


def test_no_method_is_named_in_the_template() -> None:
    template = template_file().read_text()
    assert [path for path in POLICIES if f"/{path.split('/')[2]}" in template] == []


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def test_only_what_carries_an_image_may_have_a_large_body_over_rest(manager: Any) -> None:
    limits = {
        path: route_of(manager, path)["typed_per_filter_config"]["envoy.filters.http.buffer"][
            "buffer"
        ]["max_request_bytes"]
        for path in (
            "/api/search",
            "/api/search/image",
            "/api/qa/inspect",
            "/api/qa/feedback",
            "/api/auth/login",
        )
    }
    assert limits == {
        "/api/search": 2**25,
        "/api/search/image": 2**25,
        "/api/qa/inspect": 2**25,
        "/api/qa/feedback": 2**20,
        "/api/auth/login": 2**16,
    }


def test_every_rest_path_says_which_methods_it_has(manager: Any) -> None:
    allowed: dict[str, set[str]] = {}
    for method in methods().values():
        rule = method.options.Extensions[annotations_pb2.http]
        for one in (rule, *rule.additional_bindings):
            if verb := one.WhichOneof("pattern"):
                path = re.sub(r"\{[^}]*\}", "0123", getattr(one, verb))
                allowed.setdefault(path, set()).update(
                    {"GET", "HEAD"} if verb == "get" else {verb.upper()}
                )
    assert {"/api/images/0123:complete", "/api/qa/reference-sets/0123/export"} <= allowed.keys()
    for path, names in allowed.items():
        for asked in (path, f"{path}/"):
            route = route_of(manager, asked, "PUT")
            assert set(route["name"].split(", ")) == names, asked
            # A `direct_response` would leave pages of other origins without an answer.
            assert route["route"]["cluster_not_found_response_code"] == "NOT_FOUND"


def test_every_body_is_read_with_the_fields_of_its_message(manager: Any) -> None:
    pool = descriptor_pool.Default()
    for method in methods().values():
        rule = method.options.Extensions[annotations_pb2.http]
        for one in (rule, *rule.additional_bindings):
            if not one.body:
                continue
            verb = one.WhichOneof("pattern")
            route = route_of(
                manager, re.sub(r"\{[^}]*\}", "0123", getattr(one, verb)), verb.upper()
            )
            script = route["typed_per_filter_config"]["envoy.filters.http.lua"]
            assert script["name"] == "json_body"
            message: Any = pool.FindMessageTypeByName(method.input_type.removeprefix("."))
            if one.body != "*":
                message = message.fields_by_name[one.body].message_type
            assert script["filter_context"]["fields"].keys() == {
                name for field in message.fields for name in (field.name, field.json_name)
            }
    calibrate = fields_of(pool.FindMessageTypeByName(CALIBRATE))
    assert isinstance(calibrate["settings"], dict)
    assert calibrate["settings"]["mask_background"] is calibrate["settings"]["maskBackground"]
    upload = fields_of(pool.FindMessageTypeByName(UPLOAD))
    assert upload["labels"] is True, "a label may have any key"


@pytest.mark.parametrize(
    ("method", "headers", "name"),
    [
        ("GET", {}, "POST"),
        ("POST", {"content_type": "application/json"}, "gRPC only"),
        ("POST", {"content_type": ""}, "gRPC only"),
        ("POST", {"content_type": "application/grpc-web+json"}, "gRPC only"),
        ("POST", {"content_type": "application/grpc-web-text+proto"}, None),
        ("POST", {"content_type": "application/grpc+proto; charset=utf-8"}, None),
        ("POST", {"content_type": "application/grpc+json"}, "gRPC only"),
        ("POST", {"te": ""}, "te"),
        ("POST", {"content_type": "application/grpc-web", "te": ""}, None),
        ("POST", {"grpc_timeout": "abc"}, "grpc-timeout"),
        ("POST", {"grpc_timeout": "123456789S"}, "grpc-timeout"),
        ("POST", {"grpc_timeout": "1m"}, None),
        ("POST", {"grpc_encoding": "snappy"}, "grpc-encoding"),
        ("POST", {"grpc_encoding": "gzip"}, None),
        ("OPTIONS", {"content_type": ""}, None),
    ],
)
def test_what_is_no_grpc_call_reaches_no_service(
    manager: Any, method: str, headers: dict[str, str], name: str | None
) -> None:
    for path in POLICIES:
        route = route_of(manager, path, method, **headers)
        assert route.get("name") == name, path
        reached = name is None and POLICIES[path].through_edge
        assert (route["route"]["cluster"] != "nowhere") == reached, path


def test_what_is_not_retryable_is_sent_again_only_if_it_had_not_begun(manager: Any) -> None:
    everywhere = manager["route_config"]["virtual_hosts"][0]["retry_policy"]["retry_on"]
    assert set(everywhere.split(",")) == {"connect-failure", "refused-stream"}
    once = ("Register", "Login", "RefreshToken", "Logout", "CreateUpload", "Inspect")
    assert not any(
        policy.retryable for path, policy in POLICIES.items() if path.split("/")[2] in once
    )


def test_only_named_methods_need_no_token(manager: Any) -> None:
    (check,) = (
        found["typed_config"]
        for found in manager["http_filters"]
        if found["name"] == "envoy.filters.http.jwt_authn"
    )

    def needs_token(path: str) -> bool:
        for rule in check["rules"]:
            match = rule["match"]
            if match.get("path") == path or path.startswith(match.get("prefix", "\0")):
                return "requires" in rule
        return False

    assert {path for path in methods() if not needs_token(path)} == WITHOUT_TOKEN
    public = {path for path, policy in POLICIES.items() if policy.public}
    assert {path for path in public if path.startswith("/argus.")} == WITHOUT_TOKEN


def test_services_reach_the_embedders_and_nothing_else_over_loopback(resources: Any) -> None:
    listener = listener_named(resources, "internal")
    address = listener["address"]["socket_address"]
    assert (address["address"], address["port_value"]) == ("127.0.0.1", PORTS.internal)
    manager = manager_of(listener)
    for path, method in methods().items():
        if not path.startswith("/argus.embedder."):
            with pytest.raises(AssertionError, match="no route"):
                route_of(manager, path)
            continue
        route = route_of(manager, path)["route"]
        assert route["cluster"] == "embedder", path
        if method.client_streaming or method.server_streaming:
            assert (route["timeout"], route["idle_timeout"]) == ("0s", "0s"), path
            assert "retry_policy" not in route, path


def test_every_embedder_gets_its_share_while_it_is_healthy(resources: Any) -> None:
    (cluster,) = (found for found in resources["clusters"] if found["name"] == "embedder")
    endpoints = [
        endpoint["endpoint"]["address"]["socket_address"]["port_value"]
        for locality in cluster["load_assignment"]["endpoints"]
        for endpoint in locality["lb_endpoints"]
    ]
    assert endpoints == [PORTS.embedder, 21000, 21001]
    assert cluster["health_checks"][0]["grpc_health_check"] == {}
    (policy,) = cluster["load_balancing_policy"]["policies"]
    chosen = policy["typed_extension_config"]["typed_config"]
    assert chosen["@type"].endswith("least_request.v3.LeastRequest")
    assert chosen["selection_method"] == "FULL_SCAN"


def page_manager(page: Path | None) -> Any:
    resources = yaml.safe_load(rendered("192.0.2.1", STORE, page))["static_resources"]
    return manager_of(listener_named(resources, "public"))


def test_without_a_page_browsers_get_what_others_get(manager: Any) -> None:
    body = route_of(manager, "/", "GET", accept="text/html")["direct_response"]["body"]
    assert "inline_string" in body


def test_a_page_takes_only_what_asks_for_html(tmp_path: Path) -> None:
    manager = page_manager(tmp_path)
    page = {"filename": f"{tmp_path}/index.html"}
    for path in ("/", "/library", "/apis", "/search?q=a"):
        assert route_of(manager, path, "GET", accept="text/html")["direct_response"]["body"] == page
    taken = route_of(manager, "/", "GET", accept="*/*")["direct_response"]["body"]
    assert "inline_string" in taken


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_the_store_is_reached_only_by_signed_requests(resources: Any, method: str) -> None:
    routes = manager_of(listener_named(resources, "public"))["route_config"]["virtual_hosts"][0]
    signed, refused = (
        route for route in routes["routes"] if route["match"].get("prefix") == "/images/"
    )
    (wanted,) = signed["match"]["query_parameters"]
    assert wanted == {"name": "X-Amz-Signature", "present_match": True}
    (verbs,) = signed["match"]["headers"]
    assert header_matches(verbs, {":method": method}) == (method in {"GET", "HEAD", "PUT"})
    assert signed["route"]["host_rewrite_literal"] == "192.0.2.1:9000"
    # What a proxy in front says of the host is not what was signed.
    assert {"authorization", "x-forwarded-host"} <= {*signed["request_headers_to_remove"]}
    assert refused["direct_response"]["status"] == 403


def test_the_store_sees_the_host_that_was_signed_under_any_public_url() -> None:
    store = Store(STORE.url, "https://argus.example.org", "images", signed="127.0.0.1:9000")
    text = rendered("127.0.0.1", store, None, origin="https://argus.example.org")
    manager = manager_of(listener_named(yaml.safe_load(text)["static_resources"], "public"))
    host = manager["route_config"]["virtual_hosts"][0]
    (signed,) = (one for one in host["routes"] if "host_rewrite_literal" in one.get("route", {}))
    assert signed["route"]["host_rewrite_literal"] == "127.0.0.1:9000"
    (allowed,) = host["typed_per_filter_config"]["envoy.filters.http.cors"][
        "allow_origin_string_match"
    ]
    assert re.fullmatch(allowed["safe_regex"]["regex"], "https://argus.example.org")
    assert not re.fullmatch(allowed["safe_regex"]["regex"], "http://localhost:3000")


def test_a_store_behind_tls_is_verified_by_its_name() -> None:
    store = Store("https://s3.example/", "https://s3.example", "pictures")
    assert store.prefix == "/pictures/"
    socket = yaml.safe_load(store_cluster(store))["transport_socket"]["typed_config"]
    assert socket["sni"] == "s3.example"
    (name,) = socket["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"]
    assert name["matcher"] == {"exact": "s3.example"}


@pytest.mark.parametrize("url", ["", "s3.example", "ftp://s3.example"])
def test_a_store_without_a_usable_url_is_named(url: str) -> None:
    with pytest.raises(MeshError, match="no URL of an object store"):
        store_cluster(Store(url, "http://x", "images"))


def test_the_edge_knows_each_service_by_its_name(tmp_path: Path) -> None:
    inner = InnerTls(tmp_path)
    found = yaml.safe_load(rendered("127.0.0.1", STORE, None, inner=inner))["static_resources"]
    clusters = {one["name"]: one for one in found["clusters"]}
    for cluster, service in (
        *((name, name) for name in ("auth", "storage", "search", "inspection", "embedder")),
        ("health", "inspection"),
        ("reflection", "auth"),
    ):
        context = clusters[cluster]["transport_socket"]["typed_config"]["common_tls_context"]
        (name,) = taken(context)
        assert name["matcher"] == {"exact": f"{service}.argus.internal"}
        assert shown(context) == "edge"
    # Nobody takes it for the edge where it stands for the embedders.
    (chain,) = listener_named(found, "internal")["filter_chains"]
    socket = chain["transport_socket"]["typed_config"]
    assert socket["require_client_certificate"]
    assert shown(socket["common_tls_context"]) == "edge-embedder"
    names = {name["matcher"]["exact"] for name in taken(socket["common_tls_context"])}
    assert "edge.argus.internal" not in names


def taken(context: Any) -> Any:
    """Names of those whose certificates are taken."""
    return context["combined_validation_context"]["default_validation_context"][
        "match_typed_subject_alt_names"
    ]


def shown(context: Any) -> Any:
    """Name of the certificate that the edge shows."""
    (one,) = context["tls_certificate_sds_secret_configs"]
    return one["name"]


def test_hosts_that_cannot_be_reached_are_left_alone_and_never_the_last(resources: Any) -> None:
    for cluster in resources["clusters"]:
        if "health_checks" in cluster:
            outliers = cluster["outlier_detection"]
            assert outliers["max_ejection_percent"] == 50
            assert not outliers["always_eject_one_host"]
            # Whoever calls can provoke these.
            assert not outliers["enforcing_consecutive_5xx"]
            assert not outliers["enforcing_consecutive_gateway_failure"]


def test_what_clients_come_in_by_is_what_is_drained() -> None:
    tls = TlsListener("192.0.2.1", 20443, Path("/chain.pem"), Path("/key.pem"))
    found = yaml.safe_load(rendered("127.0.0.1", STORE, None, tls=tls))["static_resources"]
    inbound = {one["name"] for one in found["listeners"] if "traffic_direction" in one}
    assert inbound == {"public", "tls"}


def test_without_a_collector_nothing_is_traced() -> None:
    text = rendered("127.0.0.1", STORE, None)
    resources = yaml.safe_load(text)["static_resources"]
    assert "collector" not in {cluster["name"] for cluster in resources["clusters"]}
    for listener in resources["listeners"]:
        assert "tracing" not in manager_of(listener)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARGUS_OTLP_URL", "collector:4317"),
        ("ARGUS_OTLP_URL", "https://collector:4317"),
        ("ARGUS_OTLP_URL", "http://collector:port"),
        ("ARGUS_TRACE_PERCENT", "some"),
        ("ARGUS_TRACE_PERCENT", "101"),
        ("ARGUS_TRACE_PERCENT", "nan"),
    ],
)
def test_what_makes_no_sense_for_traces_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(MeshError, match=variable):
        rendered("127.0.0.1", STORE, None)
