"""Every span, metric and attribute of the services: its name, unit and meaning.

Whoever reads dashboards, writes rules or queries traces relies on these names; a change of one is
noted in CHANGELOG. Names are those of OpenTelemetry's semantic conventions where it has one
(1.39: `rpc.*`, `messaging.*`, `db.*`, `http.*`, `service.*`, `error.type`); all others begin with
`argus.`. `docs/telemetry.md` is made of this module (`python -m scripts.telemetry_page`).
Instruments and spans are made by `instruments.py` and `tracing.py`, of these declarations alone.
"""

from opentelemetry.trace import SpanKind

from services.runtime.declared import Attribute, Instrument, Kind, Span

# Of a process, with everything that it tells.

SERVICE_NAME = Attribute("service.name", "`argus-` and the service: `argus-auth`")
SERVICE_NAMESPACE = Attribute("service.namespace", "`argus`")
SERVICE_INSTANCE_ID = Attribute(
    "service.instance.id",
    "which replica of the service it is, the same after it has started again: `ARGUS_REPLICA`",
)
RESOURCE = (SERVICE_NAME, SERVICE_NAMESPACE, SERVICE_INSTANCE_ID)

# Of OpenTelemetry's conventions.

RPC_SYSTEM = Attribute("rpc.system.name", "`grpc`")
RPC_METHOD = Attribute(
    "rpc.method", "the method with its service: `argus.auth.v1.AuthService/GetJwks`"
)
RPC_STATUS = Attribute("rpc.response.status_code", "gRPC's status, by name: `OK`, `NOT_FOUND`")
ERROR_TYPE = Attribute("error.type", "of what failed: the status; not there of what did not")
MESSAGING_SYSTEM = Attribute("messaging.system", "`redis`, of whose streams the message is")
MESSAGING_OPERATION = Attribute("messaging.operation.type", "`process`")
MESSAGE_ID = Attribute("messaging.message.id", "the event's place in the stream")
DB_SYSTEM = Attribute("db.system.name", "`postgresql` or `redis`")
DB_OPERATION = Attribute(
    "db.operation.name",
    "the first word of a statement or command: `SELECT`, `XADD`; of several commands at once "
    "`PIPELINE`",
)
HTTP_METHOD = Attribute("http.request.method", "`GET`, `PUT` and so on")
HTTP_STATUS = Attribute("http.response.status_code", "status of the answer, if there was one")

# Ours. Which values they have is said where they are used.

OUTCOME = Attribute("argus.outcome", "how it ended: a word, or the reason of a failure")
REASON = Attribute("argus.reason", "the reason of a failure, one of docs/errors.md")
FRAME_PROBLEM = Attribute(
    "argus.frame.problem", "why a frame could not be inspected: `TOO_DARK`, `FOREIGN` and so on"
)
KIND = Attribute("argus.kind", "what kind it is of")
STAGE = Attribute("argus.stage", "which part of the work")
MODEL = Attribute("argus.model", "name of the model")
PRIORITY = Attribute("argus.priority", "how soon it is wanted: `interactive` or `bulk`")
QUEUE = Attribute("argus.queue", "what waits")
STREAM = Attribute("argus.stream", "the stream of Redis that it came over: `argus:images`")
PROVIDER = Attribute("argus.provider", "the identity provider, by its name in the settings")
ROOM = Attribute("argus.room", "whose room was full: `all` or `address`")
STATE = Attribute("argus.state", "how far it has come")
IMAGE_ID = Attribute("argus.image_id", "UUID of an image")
REFERENCE_SET = Attribute("argus.reference_set", "id of a reference set")

SHORT_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Buckets of what somebody waits for, as the conventions advise."""

LONG_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
"""Buckets of what is done behind somebody's back."""

# Every service.

RPC_DURATION = Instrument(
    "rpc.server.call.duration",
    Kind.HISTOGRAM,
    "s",
    "Time from a call's start to its end",
    (RPC_SYSTEM, RPC_METHOD, RPC_STATUS, ERROR_TYPE),
    SHORT_S,
)
AUDIT_ENTRIES = Instrument(
    "argus.audit.entries",
    Kind.COUNTER,
    "{entry}",
    "Noted calls by what became of the entry: sent, waiting, lost, omitted",
    (OUTCOME,),
)
CLIENT_RETRIES = Instrument(
    "argus.clients.retries",
    Kind.COUNTER,
    "{call}",
    "Calls repeated because a part did not answer; the reason names the part",
    (REASON,),
)

# Auth.

ATTEMPTS_REFUSED = Instrument(
    "argus.auth.attempts.refused",
    Kind.COUNTER,
    "{attempt}",
    "Attempts that came too early, by kind: login, registration, mail",
    (KIND,),
)
PASSWORDS_UNDER_WAY = Instrument(
    "argus.auth.passwords.under_way",
    Kind.UP_DOWN_COUNTER,
    "{password}",
    "Passwords that are hashed or wait for it",
)
PASSWORDS_REFUSED = Instrument(
    "argus.auth.passwords.refused",
    Kind.COUNTER,
    "{password}",
    "Passwords that were turned away, by whose room was full",
    (ROOM,),
)
ACCOUNT_DELETIONS = Instrument(
    "argus.auth.accounts.deletions",
    Kind.COUNTER,
    "{account}",
    "Deletions of accounts by how far they came: removing, removed, done",
    (STATE,),
)
MAILS = Instrument(
    "argus.auth.mails",
    Kind.COUNTER,
    "{mail}",
    "Attempts to send mails by kind and outcome: sent, retried, failed for good, nothing to say",
    (KIND, OUTCOME),
)
AUDIT_APPENDED = Instrument(
    "argus.auth.audit.appended",
    Kind.COUNTER,
    "{entry}",
    "Entries appended to the chain of the audit",
)
SIGN_INS = Instrument(
    "argus.auth.sign_ins",
    Kind.COUNTER,
    "{sign_in}",
    "Sign-ins elsewhere by provider and outcome: done, or a reason",
    (PROVIDER, OUTCOME),
)

# Storage.

COMPLETIONS = Instrument(
    "argus.storage.completions",
    Kind.COUNTER,
    "{upload}",
    "Uploads that were verified by outcome: kept, or a reason",
    (OUTCOME,),
)
VERIFICATION_DURATION = Instrument(
    "argus.storage.verification.duration",
    Kind.HISTOGRAM,
    "s",
    "Time to verify an image's bytes",
    buckets=SHORT_S,
)
RENDERINGS = Instrument(
    "argus.storage.renderings",
    Kind.COUNTER,
    "{image}",
    "Images of which renditions were made, by outcome",
    (OUTCOME,),
)
RETENTION = Instrument(
    "argus.storage.retention.trashed",
    Kind.COUNTER,
    "{image}",
    "Images that retention rules put into the trash",
)
VIDEOS = Instrument(
    "argus.storage.videos",
    Kind.COUNTER,
    "{video}",
    "Videos whose import ended by outcome: imported, deleted meanwhile, or a reason",
    (OUTCOME,),
)
VIDEO_IMPORT_DURATION = Instrument(
    "argus.storage.videos.import.duration",
    Kind.HISTOGRAM,
    "s",
    "Time to import a video: to fetch it, to take it apart and to keep what was found",
    buckets=LONG_S,
)
DEAD_EVENTS = Instrument(
    "argus.events.dead",
    Kind.COUNTER,
    "{event}",
    "Events that were given up, since they cannot be read or their handling fails again and again",
    (STREAM, REASON),
)
STORAGE_DEPTH = Instrument(
    "argus.storage.depth",
    Kind.GAUGE,
    "{entry}",
    "What waits, by queue: outbox, purges, trash, images that are unindexed or unrendered, "
    "completions, imports, videos, dead_events (all services)",
    (QUEUE,),
)
BACKUP_AGE = Instrument(
    "argus.backup.age",
    Kind.GAUGE,
    "s",
    "Since the moment that the last whole backup is of; nothing as long as there is none",
)
ARCHIVE_AGE = Instrument(
    "argus.backup.archive.age",
    Kind.GAUGE,
    "s",
    "Since the last moment that `argus backup restore --at` can restore; nothing unless changes "
    "are archived",
)

# Embedder.

EMBEDDER_ITEMS = Instrument(
    "argus.embedder.items",
    Kind.COUNTER,
    "{item}",
    "Items by kind (image, text) and outcome: embedded, or a reason",
    (KIND, OUTCOME),
)
BATCH_SIZE = Instrument(
    "argus.embedder.batch.size",
    Kind.HISTOGRAM,
    "{item}",
    "Items in one run of the model, by kind",
    (KIND,),
    (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0),
)
PREPARE_DURATION = Instrument(
    "argus.embedder.prepare.duration",
    Kind.HISTOGRAM,
    "s",
    "Decoding or tokenizing one item, by kind",
    (KIND,),
    SHORT_S,
)
MODEL_DURATION = Instrument(
    "argus.embedder.model.duration",
    Kind.HISTOGRAM,
    "s",
    "One run of the model, by kind",
    (KIND,),
    SHORT_S,
)
CACHE_LOOKUPS = Instrument(
    "argus.embedder.cache.lookups",
    Kind.COUNTER,
    "{lookup}",
    "Lookups of the vector cache by kind and outcome: hit, miss, joined (the same was under way), "
    "skipped",
    (KIND, OUTCOME),
)
CACHE_FAILURES = Instrument(
    "argus.embedder.cache.failures",
    Kind.COUNTER,
    "{round_trip}",
    "Round trips to the vector cache that failed",
)
WORKER_RESTARTS = Instrument(
    "argus.embedder.worker.restarts",
    Kind.COUNTER,
    "{worker}",
    "Workers that died and were replaced, by model",
    (MODEL,),
)
QUEUE_DEPTH = Instrument(
    "argus.embedder.queue.depth",
    Kind.GAUGE,
    "{item}",
    "Items that wait for a worker, by model, kind and priority",
    (MODEL, KIND, PRIORITY),
)
WORKER_MEMORY = Instrument(
    "argus.embedder.worker.memory",
    Kind.GAUGE,
    "By",
    "Resident memory of workers, by model",
    (MODEL,),
)

# Search.

QUERY_STAGE_DURATION = Instrument(
    "argus.search.query.stage.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of a query's stages: embed, retrieve, enrich",
    (STAGE,),
    SHORT_S,
)
HITS_DROPPED = Instrument(
    "argus.search.query.hits.dropped",
    Kind.COUNTER,
    "{image}",
    "Hits that storage did not give a record of: images deleted meanwhile",
)
REMEMBERED = Instrument(
    "argus.search.query.remembered",
    Kind.COUNTER,
    "{lookup}",
    "Lookups of what was worked out lately, by kind (text, image, page) and outcome: hit, miss",
    (KIND, OUTCOME),
)
INDEXED_IMAGES = Instrument(
    "argus.search.index.images",
    Kind.COUNTER,
    "{image}",
    "Images done by outcome: indexed, reused, deleted, or a reason",
    (OUTCOME,),
)
INDEX_DELAY = Instrument(
    "argus.search.index.delay",
    Kind.HISTOGRAM,
    "s",
    "Time from storage's event to its end",
    (OUTCOME,),
    LONG_S,
)
INDEX_STAGE_DURATION = Instrument(
    "argus.search.index.stage.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of an image's stages: resolve, fetch, embed, commit",
    (STAGE,),
    SHORT_S,
)
EMBEDDED_CROPS = Instrument(
    "argus.search.crops",
    Kind.COUNTER,
    "{crop}",
    "Parts of images that were embedded",
)
INDEX_QUEUE = Instrument(
    "argus.search.index.queue",
    Kind.GAUGE,
    "{event}",
    "Events in the stream that are not finished",
)
INDEX_OLDEST = Instrument(
    "argus.search.index.oldest",
    Kind.GAUGE,
    "s",
    "Age of the oldest event in the stream that is not finished; 0 if there is none",
)
INDEX_UNDER_WAY = Instrument(
    "argus.search.index.under_way",
    Kind.UP_DOWN_COUNTER,
    "{image}",
    "Images that are being fetched, embedded or written",
)
REINDEX_WAITING = Instrument(
    "argus.search.reindex.waiting",
    Kind.GAUGE,
    "{image}",
    "Images that a model which searches are to use has not embedded yet, about; 0 if there is none",
)
MAP_DURATION = Instrument(
    "argus.search.map.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of making a map by kind: built, or added if images were only placed",
    (KIND,),
    LONG_S,
)
DUPLICATES_DURATION = Instrument(
    "argus.search.duplicates.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of looking for duplicates by stage: `read` what tells images apart, `compare` them",
    (STAGE,),
    LONG_S,
)
DUPLICATE_CLUSTERS = Instrument(
    "argus.search.duplicates.clusters",
    Kind.COUNTER,
    "{cluster}",
    "Clusters of duplicates that were told, by kind: `exact`, `near`, `alike`",
    (KIND,),
)

SAVED_MATCHES = Instrument(
    "argus.search.saved.matches",
    Kind.COUNTER,
    "{match}",
    "New matches of saved searches",
)
SAVED_DELAY = Instrument(
    "argus.search.saved.delay",
    Kind.HISTOGRAM,
    "s",
    "Time from an image's being indexed to its having been compared with saved searches",
    (),
    LONG_S,
)
SAVED_WAITING = Instrument(
    "argus.search.saved.waiting",
    Kind.GAUGE,
    "{image}",
    "Images that are indexed and still to be compared with saved searches",
)

CUTOFF_DURATION = Instrument(
    "argus.search.cutoff.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of learning from which score on a user's matches are more than chance",
    (),
    LONG_S,
)
GRAPH_WAITING = Instrument(
    "argus.search.graph.waiting",
    Kind.GAUGE,
    "{image}",
    "Images that Qdrant Edge scans for want of a graph, about; not of a Qdrant server",
)
GRAPH_BUILD_DURATION = Instrument(
    "argus.search.graph.build.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of building Edge's graph by outcome: built, failed, or given_up if search ended",
    (OUTCOME,),
    LONG_S,
)

# Inspection.

INSPECTED_IMAGES = Instrument(
    "argus.inspection.images",
    Kind.COUNTER,
    "{image}",
    "Images inspected by outcome: normal, anomalous, uninspectable, or a reason",
    (OUTCOME, FRAME_PROBLEM),
)
INSPECTED_PARTS = Instrument(
    "argus.inspection.parts",
    Kind.COUNTER,
    "{part}",
    "Parts of which all views were inspected at once, by outcome: normal, anomalous, uninspectable",
    (OUTCOME,),
)
INSPECTION_STAGE_DURATION = Instrument(
    "argus.inspection.stage.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of an inspection's stages: fetch, features, score, draw",
    (STAGE,),
    SHORT_S,
)
FRAMES_DROPPED = Instrument(
    "argus.inspection.frames.dropped",
    Kind.COUNTER,
    "{frame}",
    "Frames that were dropped because their answer would have been late, by stage: waiting, "
    "under_way",
    (STAGE,),
)
FRAME_WAIT = Instrument(
    "argus.inspection.frames.wait",
    Kind.HISTOGRAM,
    "s",
    "Time that an item of InspectImages waited from when it was read until it was begun or dropped",
    buckets=SHORT_S,
)
RESULTS_SENT = Instrument(
    "argus.inspection.results",
    Kind.COUNTER,
    "{result}",
    "Tries to send results on, by kind (webhook, redis_stream) and outcome: delivered, retried, "
    "given_up",
    (KIND, OUTCOME),
)
VERSION_LOADS = Instrument(
    "argus.inspection.versions.loads",
    Kind.COUNTER,
    "{version}",
    "Versions that were fetched from the object store",
)
VERSION_MEMORY = Instrument(
    "argus.inspection.versions.memory",
    Kind.UP_DOWN_COUNTER,
    "By",
    "Memory that loaded versions take",
)
FEEDBACK = Instrument(
    "argus.inspection.feedback",
    Kind.COUNTER,
    "{verdict}",
    "Verdicts that people judged, by kind: defect_found, false_alarm, normal_passed, defect_missed",
    (KIND,),
)
DRIFT_DISTANCE = Instrument(
    "argus.inspection.drift.distance",
    Kind.GAUGE,
    "1",
    "Kolmogorov-Smirnov distance of recent scores from the calibration's, from 0 to 1; of sets "
    "that were inspected with in the last day",
    (REFERENCE_SET,),
)
DRIFT_WARNING = Instrument(
    "argus.inspection.drift.warning",
    Kind.GAUGE,
    "{warning}",
    "1 if recent scores have drifted from the calibration's, else 0; of the same sets",
    (REFERENCE_SET,),
)
JOBS = Instrument(
    "argus.inspection.jobs",
    Kind.COUNTER,
    "{job}",
    "Jobs done by kind and outcome: succeeded, let_go, or a reason",
    (KIND, OUTCOME),
)

# Spans.

SERVER_CALL = Span(
    "{rpc.method}",
    SpanKind.SERVER,
    "A call that a service answers, named by its method",
    (RPC_SYSTEM, RPC_METHOD, RPC_STATUS, ERROR_TYPE, REASON),
)
QUERY_STAGE = Span(
    "argus.search.query {argus.stage}",
    SpanKind.INTERNAL,
    "A stage of a query: embed, retrieve, enrich",
    (STAGE,),
)

INDEX_IMAGE = Span(
    "process argus:images",
    SpanKind.CONSUMER,
    "What search does about one event of an image; linked to the span of the call that caused it",
    (MESSAGING_SYSTEM, MESSAGING_OPERATION, MESSAGE_ID, IMAGE_ID, OUTCOME),
)
DATABASE_QUERY = Span(
    "{db.operation.name} {db.system.name}",
    SpanKind.CLIENT,
    "A statement that PostgreSQL did, or a command that Redis did; their texts are not told",
    (DB_SYSTEM, DB_OPERATION),
)
OBJECT_REQUEST = Span(
    "{http.request.method} objects",
    SpanKind.CLIENT,
    "A request of the object store; neither its path nor its query is told",
    (HTTP_METHOD, HTTP_STATUS),
)

INSTRUMENTS = tuple(found for found in tuple(globals().values()) if isinstance(found, Instrument))
SPANS = tuple(found for found in tuple(globals().values()) if isinstance(found, Span))
ATTRIBUTES = tuple(found for found in tuple(globals().values()) if isinstance(found, Attribute))
