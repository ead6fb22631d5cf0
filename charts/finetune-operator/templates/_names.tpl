{{- define "finetune-operator.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "finetune-operator.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "finetune-operator.name" .) }}
{{- end }}

{{- define "finetune-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "finetune-operator.labels" -}}
{{ include "finetune-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* What OperatorConfig reads. */}}
{{- define "finetune-operator.config" -}}
image: {{ required "trainer.image: the image of the pods that train and serve is required" .Values.trainer.image | quote }}
defaultProfile: {{ .Values.defaultProfile | quote }}
{{- if not (hasKey .Values.profiles .Values.defaultProfile) }}
{{- fail (printf "defaultProfile: %s is not one of the profiles" .Values.defaultProfile) }}
{{- end }}
store:
  claimName: {{ .Values.store.claimName | quote }}
namespaces: {{ .Values.watch.namespaces | toJson }}
leaderElection:
  enabled: {{ .Values.leaderElection.enabled }}
  namespace: {{ .Release.Namespace | quote }}
  name: {{ include "finetune-operator.name" . | quote }}
port: {{ .Values.port }}
profiles:
  {{- toYaml .Values.profiles | nindent 2 }}
{{- end }}

{{- /* What the operator may do to the two kinds. */}}
{{- define "finetune-operator.kinds" -}}
- apiGroups: [finetune.dev]
  resources: [finetunejobs, modeldeployments]
  verbs: [get, list, watch]
- apiGroups: [finetune.dev]
  resources: [finetunejobs/status, modeldeployments/status]
  verbs: [patch]
{{- end }}

{{- /* What the operator may do to what it makes; it reads no Secret and lists no ConfigMap. */}}
{{- define "finetune-operator.children" -}}
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [get, create, patch]
{{- end }}
