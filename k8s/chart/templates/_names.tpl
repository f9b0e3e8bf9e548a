{{- define "argus.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "argus.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "argus.name" .) .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name (include "argus.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels that never change: selectors are immutable. Takes {root, part}. */}}
{{- define "argus.selector" -}}
app.kubernetes.io/name: {{ include "argus.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "argus.labels" -}}
{{ include "argus.selector" . }}
app.kubernetes.io/part-of: argus
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "argus.metadata" -}}
name: {{ include "argus.fullname" .root }}-{{ .part }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "argus.labels" . | nindent 2 }}
{{- end }}

{{/* Takes {root, part, image}. */}}
{{- define "argus.image" -}}
{{- $image := .root.Values.image }}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.prefix }}-{{ .image | default .part }}
{{- with (index .root.Values .part).imageDigest }}@{{ . }}{{ else }}:{{ $image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* host:port of a part. Takes {root, part}. */}}
{{- define "argus.target" -}}
{{- $ports := index (.root.Files.Get "files/arrows.yaml" | fromYaml).parts .part -}}
{{ include "argus.fullname" .root }}-{{ .part }}:{{ $ports.grpc }}
{{- end }}

{{/* A number or text as an environment has it: Helm reads whole numbers as floats. */}}
{{- define "argus.text" -}}
{{- if kindIs "float64" . }}{{ if eq (floor .) . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Port of a URL. */}}
{{- define "argus.port" -}}
{{- $url := urlParse . }}
{{- $host := $url.host }}
{{- if regexMatch ":[0-9]+$" $host }}{{ regexFind "[0-9]+$" $host }}{{ else if eq $url.scheme "https" }}443{{ else }}80{{ end }}
{{- end }}

{{/* How many replicas a part has at most: streams are opened to as many. Takes {root, part}. */}}
{{- define "argus.most" -}}
{{- $part := index .root.Values .part }}
{{- if or $part.autoscaling.enabled .root.Values.keda.enabled }}{{ int $part.autoscaling.maxReplicas }}{{ else }}{{ int $part.replicas }}{{ end }}
{{- end }}

{{/* Whether KEDA scales a part: `true` or empty. Takes {root, part}. */}}
{{- define "argus.kedaScales" -}}
{{- $keda := .root.Values.keda }}
{{- if and $keda.enabled (or (eq .part "search") (and (eq .part "embedder") $keda.embedder.prometheus)) }}true{{ end }}
{{- end }}

{{/* What `when` of an arrow means. Takes {root, when}; `true` or empty. */}}
{{- define "argus.when" -}}
{{- $values := .root.Values }}
{{- if or (not .when)
  (and (eq .when "tls") $values.edge.tls.existingSecret)
  (and (eq .when "monitoring") $values.monitoring.enabled)
  (and (eq .when "telemetry") $values.otlpUrl)
  (and (eq .when "mail") $values.auth.env.ARGUS_SMTP_HOST)
  (and (eq .when "webhooks") $values.inspection.env.ARGUS_INSPECTION_WEBHOOK_TARGETS)
  (and (eq .when "hub") $values.models.hub) }}true{{ end }}
{{- end }}
