//! Promise: a chart in Helm's own templates, written as public charts are, runs its pods; it may ask the cluster.

use bowline_charts::File;
use serde_json::json;

use crate::Outcome;
use crate::charts::packed;
use crate::shared::{self, BUSYBOX, WHILE};

const NAMESPACE: &str = "harbor";

const HELPERS: &str = r#"
{{- define "buoy.fullname" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "buoy.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
"#;

const CONFIG: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "buoy.fullname" . }}
  labels: {{- include "buoy.labels" . | nindent 4 }}
data:
  greeting: {{ tpl .Values.greeting . | quote }}
  system: {{ (lookup "v1" "Namespace" "" "kube-system").metadata.name }}
  charts: {{ .Capabilities.APIVersions.Has "helm.cattle.io/v1/HelmChart" | quote }}
"#;

const DEPLOYMENT: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "buoy.fullname" . }}
  labels: {{- include "buoy.labels" . | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "buoy.labels" . | nindent 6 }}
  template:
    metadata:
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}
      labels: {{- include "buoy.labels" . | nindent 8 }}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: {{ .Chart.Name }}
          image: {{ .Values.image | quote }}
          command: ["sleep", "100000"]
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
"#;

pub(crate) fn a_helm_chart_runs_its_pods() -> Outcome {
    let node = shared::node()?;
    let files = [
        File::new("Chart.yaml", "{apiVersion: v2, name: buoy, version: 1.0.0}"),
        File::new(
            "values.yaml",
            "greeting: 'ahoy from {{ .Release.Namespace }}'\nresources: {}\n",
        ),
        File::new("templates/_helpers.tpl", HELPERS),
        File::new("templates/config.yaml", CONFIG),
        File::new("templates/deployment.yaml", DEPLOYMENT),
    ];
    let mut chart = packed("red", &files)?;
    chart["spec"]["targetNamespace"] = json!(NAMESPACE);
    chart["spec"]["createNamespace"] = json!(true);
    chart["spec"]["valuesContent"] = json!(format!(
        "image: {BUSYBOX}\nresources: {{requests: {{cpu: 10m}}}}\n"
    ));
    node.apply(&chart.to_string())?;
    let limit = format!("--timeout={}s", WHILE.as_secs());
    let ready = [
        "wait",
        "--for=condition=Ready",
        &limit,
        "-n",
        "default",
        "helmchart/red",
    ];
    node.kubectl(&ready)?;

    let config = node.get(&["configmap", "red-buoy", "-n", NAMESPACE])?;
    let expected = json!({"greeting": "ahoy from harbor", "system": "kube-system", "charts": "true"});
    assert_eq!(config["data"], expected);
    let deployment = node.get(&["deployment", "red-buoy", "-n", NAMESPACE])?;
    assert_eq!(deployment["status"]["availableReplicas"], 1);
    let requests = &deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"];
    assert_eq!(requests["cpu"], "10m");

    node.kubectl(&["delete", "helmchart", "red", "-n", "default", &limit])?;
    node.wait_for("the end of the chart's pods", WHILE, |node| {
        let gone = node.get(&["deployment", "red-buoy", "-n", NAMESPACE]).is_err();
        Ok(gone.then_some(()))
    })?;
    Ok(())
}
