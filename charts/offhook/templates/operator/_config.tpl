{{- define "offhook.operatorConfig" -}}
apiVersion: offhook.dev/v1alpha1
kind: OperatorConfig
installation: {{ include "offhook.fullname" . }}
nats:
  url: {{ include "offhook.natsURL" . }}
  {{- if .Values.nats.enabled }}
  replicas: {{ .Values.nats.replicas }}
  internal: true
  {{- else }}
  replicas: {{ .Values.nats.external.replicas }}
  {{- if .Values.nats.external.credentialsSecretName }}
  credentialsFile: /etc/offhook/nats-credentials/nats.creds
  {{- end }}
  {{- if .Values.nats.external.tlsSecretName }}
  tls: {ca: /etc/offhook/nats-tls/ca.crt{{ if .Values.nats.external.clientCertificate }}, cert: /etc/offhook/nats-tls/tls.crt, key: /etc/offhook/nats-tls/tls.key{{ end }}}
  {{- end }}
  {{- end }}
certificates:
  issue: {{ eq .Values.certificates.issuer "operator" }}
admin:
  listen: ":8080"
log:
  level: {{ .Values.logLevel }}
{{- end -}}
