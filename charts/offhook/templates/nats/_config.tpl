{{/* Configuration of nats-server. Who shows a certificate of the installation's CA may use it. */}}
{{- define "offhook.natsServerConfig" -}}
{{- $name := printf "%s-nats" (include "offhook.fullname" .) -}}
server_name: $POD_NAME
listen: "0.0.0.0:4222"
http: "0.0.0.0:8222"
tls {
  cert_file: /etc/offhook/tls/tls.crt
  key_file: /etc/offhook/tls/tls.key
  ca_file: /etc/offhook/tls/ca.crt
  verify: true
}
jetstream {
  store_dir: /data
}
# The certificate is the identity: who shows one is user offhook. The operator tells
# the servers over the system account when theirs are new.
accounts {
  SYS { users: [{user: system, password: $NATS_SYSTEM_PASSWORD}] }
  OFFHOOK { jetstream: enabled, users: [{user: offhook}] }
}
system_account: SYS
no_auth_user: offhook
{{- if gt (int .Values.nats.replicas) 1 }}
cluster {
  name: {{ $name }}
  listen: "0.0.0.0:6222"
  tls {
    cert_file: /etc/offhook/tls/tls.crt
    key_file: /etc/offhook/tls/tls.key
    ca_file: /etc/offhook/tls/ca.crt
    verify: true
    timeout: 5
  }
  routes: [
    {{- range $i := until (int .Values.nats.replicas) }}
    "tls://{{ $name }}-{{ $i }}.{{ $name }}-headless.{{ $.Release.Namespace }}.svc:6222"
    {{- end }}
  ]
}
{{- end }}
{{- end -}}
