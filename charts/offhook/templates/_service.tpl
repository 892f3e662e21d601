{{/*
A service of the data plane: ConfigMap, ServiceAccount and Deployment. A dictionary:
  root, component, kind
  values     of the component
  config     what its file has beside the common fields, as YAML
  ports      of the container, as a list
  volumes    and mounts, as lists, beside the common ones
*/}}
{{- define "offhook.service" -}}
{{- $root := .root -}}
{{- $fullname := include "offhook.fullname" $root -}}
{{- $config := mergeOverwrite (include "offhook.commonConfig" (list $root .kind .component .values) | fromYaml) (.config | default "{}" | fromYaml) (deepCopy .values.config) -}}
{{- $file := toYaml $config -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "offhook.metadata" (list $root .component .component) | nindent 2 }}
data:
  config.yaml: |
    {{- $file | nindent 4 }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "offhook.metadata" (list $root .component .component) | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "offhook.metadata" (list $root .component .component) | nindent 2 }}
spec:
  {{- if not (dig "autoscaling" "enabled" false .values) }}
  replicas: {{ .values.replicaCount }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "offhook.selector" (list $root .component) | nindent 6 }}
  strategy:
    type: RollingUpdate
    {{- if .values.hostNetwork }}
    rollingUpdate: {maxUnavailable: 1, maxSurge: 0}
    {{- else }}
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
    {{- end }}
  template:
    metadata:
      labels:
        {{- include "offhook.podLabels" (list $root .component .values) | nindent 8 }}
      annotations:
        checksum/config: {{ $file | sha256sum }}
        {{- with .values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ $fullname }}-{{ .component }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $root.Values.drain.terminationGracePeriodSeconds }}
      {{- if .values.hostNetwork }}
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- end }}
      securityContext:
        {{- include "offhook.podSecurity" $root | nindent 8 }}
      {{- include "offhook.placement" (list $root .component .values) | nindent 6 }}
      containers:
        - name: {{ .component }}
          image: {{ include "offhook.image" (list $root .component) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: ["--config", "/etc/offhook/config/config.yaml"]
          env:
            - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {containerName: {{ .component }}, resource: limits.memory}}}
          ports:
            - {name: grpc, containerPort: {{ include "offhook.grpcPort" (list .component .values) }}}
            - {name: http, containerPort: {{ include "offhook.adminPort" (list .component .values) }}}
            {{- with .ports }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          startupProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 1
            failureThreshold: 120
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 2
            failureThreshold: 1
          livenessProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 10
            failureThreshold: 6
          securityContext:
            {{- include "offhook.containerSecurity" $root | nindent 12 }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            - {name: config, mountPath: /etc/offhook/config, readOnly: true}
            - {name: tls, mountPath: /etc/offhook/tls, readOnly: true}
            - {name: config-key, mountPath: /etc/offhook/config-key, readOnly: true}
            {{- with include "offhook.natsMounts" $root | trim }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with .mounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: config
          configMap: {name: {{ $fullname }}-{{ .component }}}
        - name: tls
          secret: {secretName: {{ $fullname }}-{{ .component }}-tls, defaultMode: 0440}
        - name: config-key
          secret: {secretName: {{ $fullname }}-config-key, defaultMode: 0440}
        {{- with include "offhook.natsVolumes" $root | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with .volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- if .values.podDisruptionBudget.enabled }}
---
{{ include "offhook.podDisruptionBudget" (list $root .component .values) }}
{{- end }}
{{- end -}}

{{- define "offhook.podDisruptionBudget" -}}
{{- $root := index . 0 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "offhook.metadata" (list $root (index . 1) (index . 1)) | nindent 2 }}
spec:
  maxUnavailable: {{ (index . 2).podDisruptionBudget.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "offhook.selector" (list $root (index . 1)) | nindent 6 }}
{{- end -}}

{{- define "offhook.natsMounts" -}}
{{- if and (not .Values.nats.enabled) .Values.nats.external.credentialsSecretName }}
- {name: nats-credentials, mountPath: /etc/offhook/nats-credentials, readOnly: true}
{{- end }}
{{- if and (not .Values.nats.enabled) .Values.nats.external.tlsSecretName }}
- {name: nats-tls, mountPath: /etc/offhook/nats-tls, readOnly: true}
{{- end }}
{{- end -}}

{{- define "offhook.natsVolumes" -}}
{{- if and (not .Values.nats.enabled) .Values.nats.external.credentialsSecretName }}
- name: nats-credentials
  secret: {secretName: {{ .Values.nats.external.credentialsSecretName }}, defaultMode: 0440}
{{- end }}
{{- if and (not .Values.nats.enabled) .Values.nats.external.tlsSecretName }}
- name: nats-tls
  secret: {secretName: {{ .Values.nats.external.tlsSecretName }}, defaultMode: 0440}
{{- end }}
{{- end -}}
