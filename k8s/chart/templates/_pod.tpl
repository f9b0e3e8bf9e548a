{{/* What is the same of every container: pod security "restricted". */}}
{{- define "argus.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* What is the same of every pod. Takes {root, part, seconds to end in}. */}}
{{- define "argus.pod" -}}
{{- $part := index .root.Values .part }}
serviceAccountName: {{ include "argus.fullname" .root }}-{{ .part }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
terminationGracePeriodSeconds: {{ .seconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  # Volumes of models are large: their files are changed only if they are not right.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with $part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "argus.selector" $ | nindent 6 }}
{{- end }}
{{- with $part.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where an answer of health counts as such. Takes {port, service}. */}}
{{- define "argus.grpc" -}}
grpc: {port: {{ .port }}{{ with .service }}, service: {{ . }}{{ end }}}
timeoutSeconds: 4
{{- end }}
