{{- define "offhook.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of all objects: the release's, with the chart's where it is not in it. */}}
{{- define "offhook.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "offhook.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "offhook.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that never change: (list $ component). */}}
{{- define "offhook.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "offhook.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of an object: (list $ component). */}}
{{- define "offhook.labels" -}}
{{- $root := index . 0 -}}
{{ include "offhook.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: offhook
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Labels of pods, without versions, so that a pod is made anew only when something of
it changes: (list $ component values).
*/}}
{{- define "offhook.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "offhook.selector" (list $root (index . 1)) }}
app.kubernetes.io/part-of: offhook
{{- with mergeOverwrite (deepCopy $root.Values.commonLabels) (index . 2).podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* metadata of an object, its labels last: (list $ component name-suffix). */}}
{{- define "offhook.metadata" -}}
{{- $root := index . 0 -}}
{{- $suffix := index . 2 -}}
name: {{ include "offhook.fullname" $root }}{{ if $suffix }}-{{ $suffix }}{{ end }}
namespace: {{ $root.Release.Namespace }}
{{- with $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
labels:
  {{- include "offhook.labels" (list $root (index . 1)) | nindent 2 }}
{{- end -}}

{{/* Image by name: (list $ name). */}}
{{- define "offhook.image" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.image.registry }}{{ . }}/{{ end -}}
{{- with $root.Values.image.repository }}{{ . }}/{{ end -}}
{{- index . 1 }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion -}}
{{- end -}}

{{- define "offhook.natsURL" -}}
{{- if .Values.nats.enabled -}}
tls://{{ include "offhook.fullname" . }}-nats.{{ .Release.Namespace }}.svc:4222
{{- else -}}
{{- required "nats.external.url: name your NATS servers, or set nats.enabled" .Values.nats.external.url -}}
{{- end -}}
{{- end -}}

{{/* Configuration of NATS in a service's file. */}}
{{- define "offhook.natsConfig" -}}
url: {{ include "offhook.natsURL" . }}
{{- if .Values.nats.enabled }}
replicas: {{ .Values.nats.replicas }}
tls: {ca: /etc/offhook/tls/ca.crt, cert: /etc/offhook/tls/tls.crt, key: /etc/offhook/tls/tls.key}
{{- else }}
replicas: {{ .Values.nats.external.replicas }}
{{- if .Values.nats.external.credentialsSecretName }}
credentialsFile: /etc/offhook/nats-credentials/nats.creds
{{- end }}
{{- if .Values.nats.external.tlsSecretName }}
tls: {ca: /etc/offhook/nats-tls/ca.crt{{ if .Values.nats.external.clientCertificate }}, cert: /etc/offhook/nats-tls/tls.crt, key: /etc/offhook/nats-tls/tls.key{{ end }}}
{{- end }}
{{- end }}
{{- end -}}

{{/*
Ports of gRPC and of the admin listener, which differ where phone-control and
sip-edge share the node's addresses: (list component values).
*/}}
{{- define "offhook.grpcPort" -}}
{{- if and (eq (index . 0) "phone-control") (index . 1).hostNetwork }}5081{{ else }}5080{{ end -}}
{{- end -}}

{{- define "offhook.adminPort" -}}
{{- if and (eq (index . 0) "phone-control") (index . 1).hostNetwork }}8081{{ else }}8080{{ end -}}
{{- end -}}

{{/* Fields that all services' files share: (list $ kind component values). */}}
{{- define "offhook.commonConfig" -}}
{{- $root := index . 0 -}}
apiVersion: offhook.dev/v1alpha1
kind: {{ index . 1 }}
nats:
  {{- include "offhook.natsConfig" $root | nindent 2 }}
grpc:
  listen: ":{{ include "offhook.grpcPort" (list (index . 2) (index . 3)) }}"
  tls:
    ca: /etc/offhook/tls/ca.crt
    cert: /etc/offhook/tls/tls.crt
    key: /etc/offhook/tls/tls.key
    serverName: services.offhook.internal
admin:
  listen: ":{{ include "offhook.adminPort" (list (index . 2) (index . 3)) }}"
log:
  level: {{ $root.Values.logLevel }}
drain:
  delay: {{ $root.Values.drain.delay }}
  timeout: {{ sub $root.Values.drain.terminationGracePeriodSeconds 10 }}s
targets:
  keyFile: /etc/offhook/config-key/config.key
{{- end -}}

{{/* Components with a certificate of the installation. */}}
{{- define "offhook.certified" -}}
- sip-edge
- csta-session
- monitor
- phone-control
{{- if .Values.nats.enabled }}
- nats
{{- end }}
- operator
{{- end -}}

{{/* Whether SIP over TLS is on: text or nothing. */}}
{{- define "offhook.sipTLS" -}}
{{- if or .Values.sipEdge.tls.secretName .Values.sipEdge.tls.certManager.enabled }}true{{ end -}}
{{- end -}}

{{/*
The host:port that phones and applications reach: as said, that of the load
balancer, or the Service's name inside the cluster.
*/}}
{{- define "offhook.advertised" -}}
{{- $edge := .Values.sipEdge -}}
{{- $name := printf "%s-sip-edge" (include "offhook.fullname" .) -}}
{{- $host := "" -}}
{{- if not $edge.advertisedAddress -}}
{{- $host = coalesce $edge.service.loadBalancerIP (first (default (list "") $edge.service.externalIPs)) -}}
{{- if and (not $host) (eq $edge.service.type "LoadBalancer") -}}
{{- $service := lookup "v1" "Service" .Release.Namespace $name | default dict -}}
{{- $ingress := first (dig "status" "loadBalancer" "ingress" (list dict) $service | default (list dict)) -}}
{{- $host = coalesce (get $ingress "ip") (get $ingress "hostname") "" -}}
{{- end -}}
{{- if not $host -}}
{{- $host = printf "%s.%s.svc" $name .Release.Namespace -}}
{{- end -}}
{{- if contains ":" $host -}}{{- $host = printf "[%s]" $host -}}{{- end -}}
{{- end -}}
{{- $edge.advertisedAddress | default (printf "%s:%v" $host $edge.service.ports.sip) -}}
{{- end -}}

{{- define "offhook.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "offhook.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where pods go, of a component's values: (list $ component values). */}}
{{- define "offhook.placement" -}}
{{- $root := index . 0 -}}
{{- $values := index . 2 -}}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- with $values.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "offhook.selector" (list $root (index . 1)) | nindent 8 }}
{{- end }}
{{- end -}}
