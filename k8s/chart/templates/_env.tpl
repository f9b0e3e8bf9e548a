{{/* Variables of a service, as a dictionary in YAML. Takes {root, part}. */}}
{{- define "argus.vars" -}}
{{- $root := .root }}
{{- $values := .root.Values }}
{{- $part := index $values .part }}
{{- $port := (index (.root.Files.Get "files/arrows.yaml" | fromYaml).parts .part).grpc }}
{{- $balanced := printf "%s-edge-internal:%v" (include "argus.fullname" .root) (.root.Files.Get "files/arrows.yaml" | fromYaml).parts.edge.internal }}
ARGUS_LISTEN: 0.0.0.0:{{ $port }}
ARGUS_LOG_LEVEL: {{ $values.logLevel }}
ARGUS_JWT_ISSUER: {{ $values.jwt.issuer | quote }}
ARGUS_JWT_AUDIENCE: {{ $values.jwt.audience | quote }}
ARGUS_DRAIN_NOTICE_S: {{ $part.drain.noticeSeconds }}
ARGUS_DRAIN_GRACE_S: {{ $part.drain.graceSeconds }}
# Callers ask names again when they connect anew, and so find pods that joined.
ARGUS_CONNECTION_AGE_S: 120
{{- with $values.otlpUrl }}
ARGUS_OTLP_URL: {{ . | quote }}
{{- end }}
{{- if $values.monitoring.enabled }}
ARGUS_METRICS_LISTEN: 0.0.0.0:{{ (index (.root.Files.Get "files/arrows.yaml" | fromYaml).parts .part).metrics }}
{{- end }}
{{- if eq .part "auth" }}
ARGUS_PUBLIC_URL: {{ $values.publicUrl | quote }}
ARGUS_MAIL_DIR: /tmp/mail
{{- else }}
ARGUS_AUTH_URL: {{ include "argus.target" (dict "root" $root "part" "auth") }}
{{- end }}
{{- if eq .part "storage" }}
ARGUS_S3_URL: {{ $values.objects.url | quote }}
ARGUS_S3_PUBLIC_URL: {{ $values.objects.publicUrl | quote }}
ARGUS_S3_BUCKET: {{ $values.objects.bucket | quote }}
ARGUS_S3_REGION: {{ $values.objects.region | quote }}
{{- end }}
{{- if eq .part "embedder" }}
ARGUS_MODEL: {{ $values.models.id | quote }}
ARGUS_MODEL_DIR: /models
ARGUS_EMBEDDER_THREADS: {{ $part.threads }}
ARGUS_EMBEDDER_MODEL_MEMORY_BYTES: {{ int64 $part.modelMemoryBytes }}
{{- if $values.gpu.enabled }}
ARGUS_RUNTIME: torch
ARGUS_PRECISION: {{ $values.gpu.precision }}
{{- end }}
{{- end }}
{{- if or (eq .part "search") (eq .part "inspection") }}
ARGUS_STORAGE_URL: {{ include "argus.target" (dict "root" $root "part" "storage") }}
ARGUS_EMBEDDER_URL: {{ $balanced }}
ARGUS_EMBED_STREAMS: {{ include "argus.most" (dict "root" $root "part" "embedder") }}
{{- end }}
{{- if eq .part "search" }}
ARGUS_QDRANT_URL: {{ $values.qdrant.url | quote }}
ARGUS_VECTOR_DIR: /var/lib/argus
{{- end }}
{{- if eq .part "inspection" }}
ARGUS_SEARCH_URL: {{ include "argus.target" (dict "root" $root "part" "search") }}
ARGUS_INSPECTION_THREADS: {{ $part.threads }}
{{- if $values.otlpUrl }}
# What clients are told to keep of the traces that they begin.
ARGUS_TRACE_PERCENT: {{ $values.tracePercent }}
{{- end }}
{{- end }}
# Two arenas instead of eight for each core: less memory.
MALLOC_ARENA_MAX: 2
{{- if eq .part "storage" }}
# Blocks of 4 MiB and more, such as decoded pictures, go back to the system when they are freed.
MALLOC_MMAP_THRESHOLD_: "4194304"
MALLOC_TRIM_THRESHOLD_: "16777216"
{{- end }}
HOME: /tmp
{{- range $name, $value := $part.env }}
{{ $name }}: {{ include "argus.text" $value | quote }}
{{- end }}
{{- end }}

{{/* Secrets of a service, as a dictionary in YAML of {existingSecret, key}. Takes {root, part}. */}}
{{- define "argus.secrets" -}}
{{- $values := .root.Values }}
ARGUS_SERVICE_SECRET: {{ toJson $values.serviceSecret }}
ARGUS_REDIS_URL: {{ toJson $values.redis }}
{{- with index $values.postgres .part }}
ARGUS_POSTGRES_URL: {{ toJson . }}
{{- end }}
{{- if eq .part "storage" }}
ARGUS_S3_ACCESS_KEY: {{ toJson (dict "existingSecret" $values.objects.existingSecret "key" $values.objects.accessKeyKey) }}
ARGUS_S3_SECRET_KEY: {{ toJson (dict "existingSecret" $values.objects.existingSecret "key" $values.objects.secretKeyKey) }}
{{- end }}
{{- if and (eq .part "search") $values.qdrant.existingSecret }}
ARGUS_QDRANT_API_KEY: {{ toJson (dict "existingSecret" $values.qdrant.existingSecret "key" $values.qdrant.key) }}
{{- end }}
{{- range $name, $from := (index $values .part).secretEnv }}
{{ $name }}: {{ toJson $from }}
{{- end }}
{{- end }}

{{/* Variables of the edge's configuration, as a dictionary in YAML. Takes root. */}}
{{- define "argus.edgeVars" -}}
{{- $root := . }}
{{- $ports := (.Files.Get "files/arrows.yaml" | fromYaml).parts.edge }}
ARGUS_LISTEN: 0.0.0.0:{{ $ports.public }}
ARGUS_EDGE_INTERNAL_LISTEN: 0.0.0.0:{{ $ports.internal }}
ARGUS_EDGE_ADMIN_LISTEN: 0.0.0.0:{{ $ports.admin }}
ARGUS_EDGE_ADMIN_SOCKET: /run/argus/envoy-admin.sock
{{- range list "auth" "storage" "embedder" "search" "inspection" }}
ARGUS_{{ upper . }}_URL: {{ include "argus.target" (dict "root" $root "part" .) }}
{{- end }}
ARGUS_S3_URL: {{ .Values.objects.url | quote }}
ARGUS_S3_PUBLIC_URL: {{ .Values.objects.publicUrl | quote }}
ARGUS_S3_BUCKET: {{ .Values.objects.bucket | quote }}
ARGUS_JWT_ISSUER: {{ .Values.jwt.issuer | quote }}
ARGUS_JWT_AUDIENCE: {{ .Values.jwt.audience | quote }}
{{- with .Values.otlpUrl }}
ARGUS_OTLP_URL: {{ . | quote }}
ARGUS_TRACE_PERCENT: {{ $root.Values.tracePercent }}
{{- end }}
ARGUS_LIMITS_FILE: /etc/argus/limits.toml
{{- if .Values.edge.tls.existingSecret }}
ARGUS_EDGE_TLS_LISTEN: 0.0.0.0:{{ $ports.tls }}
ARGUS_TLS_CERTIFICATE: /etc/argus/tls/tls.crt
ARGUS_TLS_KEY: /etc/argus/tls/tls.key
{{- end }}
HOME: /tmp
{{- range $name, $value := .Values.edge.env }}
{{ $name }}: {{ include "argus.text" $value | quote }}
{{- end }}
{{- end }}

{{/* A dictionary of variables as a container's env. */}}
{{- define "argus.env" -}}
{{- range $name, $value := . }}
- {name: {{ $name }}, value: {{ include "argus.text" $value | quote }}}
{{- end }}
{{- end }}

{{- define "argus.secretEnv" -}}
{{- range $name, $from := . }}
- {name: {{ $name }}, valueFrom: {secretKeyRef: {name: {{ $from.existingSecret }}, key: {{ $from.key }}}}}
{{- end }}
{{- end }}
