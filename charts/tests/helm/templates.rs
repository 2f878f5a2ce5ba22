//! Templates that look at everything that Helm gives them.

use std::fmt::Write as _;

use crate::process::Random;

/// A template that tells the values of its chart.
pub(crate) fn telling(name: &str) -> String {
    format!("# {name}\nv: {{{{ .Values | toJson | quote }}}}\n")
}

/// The same names in every chart: the last one parsed counts.
pub(crate) fn helpers(random: &mut Random, name: &str) -> String {
    let mut text =
        format!("{{{{- define \"{name}.name\" -}}}}{name}-{{{{ .Release.Name }}}}{{{{- end }}}}\n");
    if !random.once_in(3) {
        let _ = writeln!(
            text,
            "{{{{- define \"shared\" -}}}}shared of {name}: {{{{ .Values.a | quote }}}}{{{{- end -}}}}"
        );
    }
    if random.once_in(3) {
        text += "{{- define \"fails\" -}}{{ fail \"from a helper\" }}{{- end -}}\n";
    }
    if random.once_in(3) {
        text += "{{- define \"deep\" -}}{{ include \"shared\" . | upper }}{{ .Values.b.c.d }}{{- end -}}\n";
    }
    if random.once_in(40) {
        text += "stray text {{ .Values.nothing.x }}\n";
    }
    text
}

const LINES: &[&str] = &[
    "{{ .Chart.Name }} {{ .Chart.Version }} {{ .Chart.AppVersion }} {{ .Chart.Type }} {{ .Chart.IsRoot }}",
    "{{ .Chart.Annotations }} {{ .Chart.Keywords }} {{ .Chart.APIVersion }} {{ .Chart.Deprecated }}",
    "{{ range .Chart.Dependencies }}{{ .Name }} {{ .Version }} {{ .Condition }} {{ .Enabled }} {{ .Alias }} {{ .Tags }};{{ end }}",
    "{{ .Release | toJson }}",
    "{{ .Release.Name }}.{{ .Release.Namespace }} {{ .Release.Revision }} {{ .Release.IsUpgrade }} {{ .Release.Service }}",
    "{{ .Template.Name }} {{ .Template.BasePath }}",
    "{{ include \"shared\" . }}",
    "{{ include \"app.name\" . | indent 2 }}",
    "{{ template \"shared\" . }}",
    "{{ template \"shared\" (dict \"Values\" .Values) }}",
    "{{ tpl (toString .Values.t) . }}",
    "{{ tpl \"{{ .Values.a }}-{{ include \\\"shared\\\" . }}\" . }}",
    "{{ tpl \"{{ define \\\"own\\\" }}own{{ end }}{{ include \\\"own\\\" . }}\" . }}",
    "{{ tpl \"{{ .Template.Name }} {{ .x }}\" (dict \"Template\" .Template) }}",
    "{{ toYaml .Values.global | nindent 4 }}",
    "{{ toYaml .Values.list }}",
    "{{ .Values.a | toYaml | quote }}",
    "{{ fromYaml (toYaml .Values) | toJson | quote }}",
    "{{ fromYaml \"a: [1\" }}",
    "{{ (fromYaml \"a: {b: 1.50}\").a.b }}",
    "{{ fromYamlArray \"[1, x]\" }} {{ fromYamlArray \"a: b\" }}",
    "{{ fromJson \"{}x\" }} {{ fromJsonArray \"[1, null]\" }} {{ fromJson \"[1]\" }}",
    "{{ toJson .Values | fromJson | toYaml | sha256sum }}",
    "{{ toYamlPretty .Values.exports | quote }}",
    "{{ fromToml \"a = 1\" }} {{ fromToml \"a = \" }}",
    "{{ .Files.Get \"config/a.txt\" | quote }}",
    "{{ .Files.Get \"missing\" }}|",
    "{{ range $path, $_ := .Files.Glob \"config/*\" }}{{ $path }} {{ end }}",
    "{{ (.Files.Glob \"config/*.yaml\").AsConfig | indent 2 }}",
    "{{ (.Files.Glob \"**\").AsSecrets | quote }}",
    "{{ range .Files.Lines \"config/a.txt\" }}{{ . }};{{ end }}",
    "{{ range $path, $content := .Files }}{{ $path }}={{ len $content }} {{ end }}",
    "{{ .Files.GetBytes \"config/a.txt\" }}",
    "{{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Minor }}",
    "{{ .Capabilities.KubeVersion.GitVersion }} {{ .Capabilities.KubeVersion.Major }}",
    "{{ .Capabilities.APIVersions.Has \"apps/v1\" }} {{ .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1\" }}",
    "{{ semverCompare \">=1.30-0\" .Capabilities.KubeVersion.Version }}",
    "{{ keys .Subcharts | sortAlpha }}",
    "{{ if .Subcharts.db }}{{ .Subcharts.db.Values | toJson | quote }} {{ .Subcharts.db.Chart.Name }}{{ end }}",
    "{{ .Values.global | toJson | quote }}",
    "{{ $_ := set .Values \"z\" \"changed\" }}{{ .Values.z }}",
    "{{ .Values.z | default \"unchanged\" }}",
    "{{ lookup \"v1\" \"Secret\" \"ns\" \"\" | toJson }}",
    "{{ .Values.b }} {{ .Values.c | quote }}",
    "{{ with .Values.b }}{{ . }}{{ else with .Values.c }}{{ . }}{{ else }}none{{ end }}",
    "{{ range $key, $value := .Values }}{{ $key }}={{ kindOf $value }} {{ end }}",
    "{{ typeOf .Values }} {{ kindOf .Values }} {{ typeOf .Chart }} {{ typeOf . }} {{ typeOf .Release }}",
    "{{ .Values.AsMap | len }} {{ .Values.YAML | quote }}",
    "{{ printf \"%d %s %v\" .Values.a .Values.b .Values.c }}",
    "{{ merge (dict) .Values | toJson | quote }}",
    "{{ deepCopy .Values | typeOf }}",
    "<no value> {{ .Values.nothing }}<no value>",
    "{{ $ | len }} {{ keys . | sortAlpha }}",
];

/// What mostly fails.
const FAILING: &[&str] = &[
    "{{ toToml .Values.global | quote }}",
    "{{ range .Chart.Maintainers }}{{ .Name }} {{ .Email }}{{ end }}",
    "{{ include \"db.name\" . }}",
    "{{ include \"deep\" . }}",
    "{{ include \"fails\" . }}",
    "{{ include \"nowhere\" . }}",
    "{{ include \"shared\" nil }}",
    "{{ include \"shared\" .Values }}",
    "{{ tpl .Values.t . }}",
    "{{ tpl \"{{ .Values.missing.x }}\" . }}",
    "{{ tpl \"{{ broken\" . }}",
    "{{ tpl \"{{ fail `inside` }}\" . }}",
    "{{ required \"a is needed\" .Values.a }}",
    "{{ required \"t is needed\" .Values.t | quote }}",
    "{{ if eq (toString .Values.a) \"x\" }}{{ fail \"a must not be x\" }}{{ end }}",
    "{{ .Subcharts.db.Values.a }}",
    "{{ if .Values.global }}{{ $_ := set .Values.global \"seen\" .Chart.Name }}{{ end }}{{ .Values.global | toJson | quote }}",
    "{{ .Values.missing }}|{{ .Values.missing.x }}",
    "{{ .Values.a.b.c }}",
    "{{ range .Values.list }}{{ . }},{{ end }}",
    "{{ (.Values.Table \"global\") | toJson }}",
    "{{ .Values.PathValue \"a\" }}",
    "{{ .Nothing }}|{{ .Chart.Nothing }}",
    "{{ .Nothing.x }}",
    "{{ mustToYaml .Values.a }}",
    "{{ upper .Values.a }}",
    "{{ .Values.enabled | ternary \"on\" \"off\" }}",
    "{{ index .Values \"a\" }} {{ index .Values \"b\" \"c\" }}",
];

const HEADS: &[&str] = &[
    "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: x\n",
    "kind: Secret\napiVersion: v1\nmetadata:\n  name: {{ .Release.Name }}\n",
    "kind: Namespace\nmetadata: {name: n}\n",
    "kind: Service\nmetadata:\n  name: s\n  annotations: {}\n",
    "kind: Unknown\nmetadata:\n  name: u\n",
    "kind: ValidatingWebhookConfiguration\nmetadata:\n  name: w\n",
    "kind: Job\nmetadata:\n  name: j\n  annotations:\n    helm.sh/hook: pre-install,post-upgrade\n    helm.sh/hook-weight: \"5\"\n",
    "kind: Pod\nmetadata:\n  name: p\n  annotations:\n    \"helm.sh/hook\": test\n",
    "kind: Pod\nmetadata:\n  name: p\n  annotations:\n    \"helm.sh/hook\": crd-install\n",
    "kind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    helm.sh/hook: Pre-Install\n    helm.sh/hook-weight: \"-2\"\n",
    "apiVersion: v1\nkind: List\nitems: []\n",
    "metadata:\n  annotations:\n    a: 1\n",
    "",
];

/// Documents with a few lines each, in block scalars so that they nearly always are YAML.
pub(crate) fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for document in 0..=random.below(3) {
        if document > 0 || random.once_in(3) {
            text += random.pick(&[
                "---\n",
                "\n---\n",
                "--- # note\n",
                "{{- if .Values.enabled }}\n---\n{{- end }}\n",
            ]);
        }
        text += random.pick(HEADS);
        for number in 0..random.below(4) {
            let probe = line(random, 30);
            let line = match random.below(12) {
                0 if random.once_in(3) => format!("k{number}: {probe}\n"),
                1 if random.once_in(4) => format!("{probe}\n"),
                _ => format!("k{number}: |\n  {probe}\n"),
            };
            text += &line;
        }
    }
    text + random.pick(&["", "\n", "\n\n", "{{- /* the end */ -}}\n"])
}

/// A line, once in so many times one that mostly fails.
fn line(random: &mut Random, times: usize) -> &'static str {
    let lines = if random.once_in(times) { FAILING } else { LINES };
    random.pick(lines)
}

pub(crate) fn notes(random: &mut Random) -> String {
    format!("Notes of {{{{ .Chart.Name }}}}\n{}\n", line(random, 10))
}

/// Files beside the templates.
pub(crate) fn files(path: &str, files: &mut Vec<(String, String)>) {
    for (name, text) in [
        ("config/a.txt", "line one\nline two\n"),
        ("config/b.yaml", "a: {b: 1}\n"),
        ("README.md", "# ä\n"),
    ] {
        files.push((format!("{path}{name}"), text.to_owned()));
    }
}
