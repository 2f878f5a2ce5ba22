//! What templates see beside `.Values` and `.Files`: the chart, the release, the cluster.

use std::collections::BTreeMap;
use std::rc::Rc;

use gotemplate::{Error, Function, Kind, List, Map, Object, Str, Type, Value};

use super::tree;
use crate::Generation;
use crate::capabilities::Capabilities;
use crate::chart::{Dependency, Import, Maintainer, Metadata};
use crate::render::Release;
use crate::yaml::functions as yaml;

/// Helm's named type for values: a mapping whose type has a name.
pub(crate) struct Values {
    type_name: &'static str,
    map: Map,
}

impl Values {
    pub(crate) fn new(map: Map, generation: Generation) -> Self {
        let type_name = match generation {
            Generation::Helm3 => "chartutil.Values",
            Generation::Helm4 => "common.Values",
        };
        Self { type_name, map }
    }
}

impl Object for Values {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn as_map(&self) -> Option<Map> {
        Some(self.map.clone())
    }

    fn copied(&self, map: &Map) -> Option<Value> {
        Some(Value::object(Self {
            type_name: self.type_name,
            map: map.clone(),
        }))
    }

    fn methods(&self) -> &'static [Function] {
        VALUES
    }
}

/// What Helm's own type can do.
static VALUES: &[Function] = &[
    Function::new("AsMap", &[], |_, arguments| Ok(map_of(arguments).into())),
    Function::new("YAML", &[], |context, arguments| {
        let mut text = yaml::to_yaml(&map_of(arguments).into(), context.limits().output)?.to_vec();
        text.push(b'\n');
        context.allocate(text.len())?;
        Ok(Str::from(text).into())
    }),
    Function::new("Table", &[Type::String], |_, arguments| {
        let path = arguments.get(1).and_then(Value::as_string).unwrap_or_default();
        let last = path.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        let missing = || Error::new(format!("{:?} is not a table", Str::new(last)));
        let table = tree::table(&map_of(arguments), &path.to_text()).ok_or_else(missing)?;
        let generation = match arguments.first().map(Value::type_name) {
            Some("chartutil.Values") => Generation::Helm3,
            _ => Generation::Helm4,
        };
        Ok(Value::object(Values::new(table, generation)))
    }),
    Function::new("PathValue", &[Type::String], |_, arguments| {
        let path = arguments.get(1).and_then(Value::as_string).unwrap_or_default();
        let last = path.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        tree::path_value(&map_of(arguments), &path.to_text())
            .ok_or_else(|| Error::new(format!("{:?} is not a value", Str::new(last))))
    }),
];

fn map_of(arguments: &[Value]) -> Map {
    arguments.first().and_then(Value::as_map).unwrap_or_default()
}

/// A Go struct: fields in their order.
struct Struct {
    type_name: &'static str,
    fields: Vec<(Str, Value)>,
    methods: &'static [Function],
    text: Option<Str>,
}

impl Struct {
    fn new(type_name: &'static str, fields: Vec<(&str, Value)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
        Self {
            type_name,
            fields: fields.collect(),
            methods: &[],
            text: None,
        }
    }
}

impl Object for Struct {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn field(&self, name: &[u8]) -> Option<Value> {
        let found = self.fields.iter().find(|(field, _)| field.as_bytes() == name);
        found.map(|(_, value)| value.clone())
    }

    fn fields(&self) -> Vec<(Str, Value)> {
        self.fields.clone()
    }

    fn methods(&self) -> &'static [Function] {
        self.methods
    }

    fn text(&self) -> Option<Str> {
        self.text.clone()
    }
}

/// A named list of strings, with `Has`.
struct VersionSet {
    type_name: &'static str,
    versions: List,
}

impl Object for VersionSet {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn kind(&self) -> Kind {
        Kind::Slice
    }

    fn as_list(&self) -> Option<List> {
        Some(self.versions.clone())
    }

    fn methods(&self) -> &'static [Function] {
        std::slice::from_ref(&HAS)
    }
}

static HAS: Function = Function::new("Has", &[Type::String], |_, arguments| {
    let versions = arguments.first().and_then(Value::as_list).unwrap_or_default();
    let wanted = arguments.get(1).and_then(Value::as_string);
    let found = versions.iter().any(|version| version.as_string() == wanted);
    Ok(found.into())
});

static GIT_VERSION: Function = Function::new("GitVersion", &[], |_, arguments| {
    let version = match arguments.first() {
        Some(Value::Object(version)) => version.field(b"Version"),
        _ => None,
    };
    Ok(version.unwrap_or_default())
});

/// `.Capabilities`.
pub(crate) fn capabilities(capabilities: &Capabilities, generation: Generation) -> Value {
    let package = match generation {
        Generation::Helm3 => [
            "*chartutil.Capabilities",
            "chartutil.KubeVersion",
            "chartutil.VersionSet",
        ],
        Generation::Helm4 => ["*common.Capabilities", "common.KubeVersion", "common.VersionSet"],
    };
    let (major, minor) = capabilities.major_minor();
    let mut version = Struct::new(
        package[1],
        vec![
            ("Version", capabilities.kube_version.as_str().into()),
            ("Major", major.into()),
            ("Minor", minor.into()),
        ],
    );
    version.methods = std::slice::from_ref(&GIT_VERSION);
    version.text = Some(capabilities.version_for(generation).into());
    let versions = VersionSet {
        type_name: package[2],
        versions: capabilities
            .api_versions
            .iter()
            .map(|version| Value::string(version.as_str()))
            .collect(),
    };
    let helm = match generation {
        Generation::Helm3 => "v3.22.0",
        Generation::Helm4 => "v4.3.1",
    };
    let helm = Struct::new(
        "version.BuildInfo",
        vec![
            ("Version", helm.into()),
            ("GitCommit", "".into()),
            ("GitTreeState", "".into()),
            ("GoVersion", "".into()),
            ("KubeClientVersion", "".into()),
        ],
    );
    Value::object(Struct::new(
        package[0],
        vec![
            ("KubeVersion", Value::object(version)),
            ("APIVersions", Value::object(versions)),
            ("HelmVersion", Value::object(helm)),
        ],
    ))
}

/// `.Release`.
pub(crate) fn release(release: &Release) -> Value {
    Value::Map(Map::from([
        ("Name", Value::string(release.name.as_str())),
        ("Namespace", Value::string(release.namespace.as_str())),
        ("IsUpgrade", release.is_upgrade.into()),
        ("IsInstall", (!release.is_upgrade).into()),
        ("Revision", i64::from(release.revision).into()),
        ("Service", "Helm".into()),
    ]))
}

/// `.Chart`: a mapping for Helm 4, a struct, which refuses unknown fields, for Helm 3.
pub(crate) fn chart(metadata: &Metadata, is_root: bool, generation: Generation) -> Value {
    let mut fields = fields(metadata, generation);
    fields.push(("IsRoot", is_root.into()));
    match generation {
        Generation::Helm4 => Value::Map(fields.into_iter().collect()),
        Generation::Helm3 => Value::object(Struct::new("struct { chart.Metadata; IsRoot bool }", fields)),
    }
}

fn fields(metadata: &Metadata, generation: Generation) -> Vec<(&'static str, Value)> {
    let text = |text: &String| Value::string(text.as_str());
    let texts = |texts: &[String]| match generation {
        Generation::Helm4 => Value::List(texts.iter().map(text).collect()),
        Generation::Helm3 => texts
            .iter()
            .map(|text| Str::from(text.as_str()))
            .collect::<Vec<_>>()
            .into(),
    };
    let annotations: BTreeMap<Str, Str> = metadata
        .annotations
        .iter()
        .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
        .collect();
    let maintainers = metadata.maintainers.iter();
    let dependencies = metadata.dependencies.iter();
    vec![
        ("Name", text(&metadata.name)),
        ("Home", text(&metadata.home)),
        ("Sources", texts(&metadata.sources)),
        ("Version", text(&metadata.version)),
        ("Description", text(&metadata.description)),
        ("Keywords", texts(&metadata.keywords)),
        (
            "Maintainers",
            Value::List(maintainers.map(|its| maintainer(its, generation)).collect()),
        ),
        ("Icon", text(&metadata.icon)),
        ("APIVersion", text(&metadata.api_version)),
        ("Condition", text(&metadata.condition)),
        ("Tags", text(&metadata.tags)),
        ("AppVersion", text(&metadata.app_version)),
        ("Deprecated", metadata.deprecated.into()),
        ("Annotations", Value::StringMap(Rc::new(annotations))),
        ("KubeVersion", text(&metadata.kube_version)),
        (
            "Dependencies",
            Value::List(dependencies.map(|its| dependency(its, generation)).collect()),
        ),
        ("Type", text(&metadata.kind)),
    ]
}

fn maintainer(maintainer: &Maintainer, generation: Generation) -> Value {
    let fields = vec![
        ("Name", maintainer.name.as_str().into()),
        ("Email", maintainer.email.as_str().into()),
        ("URL", maintainer.url.as_str().into()),
    ];
    record("*chart.Maintainer", fields, generation)
}

fn dependency(dependency: &Dependency, generation: Generation) -> Value {
    let tags = dependency.tags.iter().map(|tag| Value::string(tag.as_str()));
    let imports = dependency.import_values.iter().map(|import| match import {
        Import::Export(name) => Value::string(name.as_str()),
        Import::Paths { child, parent } => Value::StringMap(Rc::new(BTreeMap::from([
            ("child".into(), child.as_str().into()),
            ("parent".into(), parent.as_str().into()),
        ]))),
    });
    let fields = vec![
        ("Name", dependency.name.as_str().into()),
        ("Version", dependency.version.as_str().into()),
        ("Repository", dependency.repository.as_str().into()),
        ("Condition", dependency.condition.as_str().into()),
        ("Tags", Value::List(tags.collect())),
        ("Enabled", dependency.enabled.into()),
        ("ImportValues", Value::List(imports.collect())),
        ("Alias", dependency.alias.as_str().into()),
    ];
    record("*chart.Dependency", fields, generation)
}

fn record(type_name: &'static str, fields: Vec<(&'static str, Value)>, generation: Generation) -> Value {
    match generation {
        Generation::Helm4 => Value::Map(fields.into_iter().collect()),
        Generation::Helm3 => Value::object(Struct::new(type_name, fields)),
    }
}
