//! `crictl inspect`, `inspectp`, `inspecti`, `info` and `version`: one thing in full.

use anyhow::{Context as _, Result};
use clap::Args;
use k8s_cri::v1::{
    ContainerStatusRequest, ImageSpec, ImageStatusRequest, PodSandboxStatusRequest, StatusRequest,
    VersionRequest,
};
use serde_json::{Map, Value};

use super::client::{Answer as _, Runtime};
use super::output::{Format, parse_info, print, serialize};
use super::protojson::{CONTAINER_STATES, POD_STATES, to_json};

/// Flags of the three `inspect` commands.
#[derive(Args, Debug)]
pub(super) struct Inspect {
    #[arg(short, long, value_enum, default_value = "json")]
    output: Format,
    /// Leave out what the runtime says beyond the CRI
    #[arg(short, long)]
    quiet: bool,
    /// What to show
    #[arg(required = true)]
    ids: Vec<String>,
}

/// Prints containers.
pub(super) async fn containers(inspect: Inspect, mut runtime: Runtime) -> Result<()> {
    let mut found = Vec::new();
    for id in &inspect.ids {
        let request = ContainerStatusRequest {
            container_id: id.clone(),
            verbose: !inspect.quiet,
        };
        let answer = runtime.containers.container_status(request).await;
        let answer = answer.answer(format_args!("inspect container {id}"))?;
        found.push(report(to_json(&answer.status, CONTAINER_STATES)?, answer.info));
    }
    print_found(found, inspect.output)
}

/// Prints pods.
pub(super) async fn pods(inspect: Inspect, mut runtime: Runtime) -> Result<()> {
    let mut found = Vec::new();
    for id in &inspect.ids {
        let request = PodSandboxStatusRequest {
            pod_sandbox_id: id.clone(),
            verbose: !inspect.quiet,
        };
        let answer = runtime.containers.pod_sandbox_status(request).await;
        let answer = answer.answer(format_args!("inspect pod {id}"))?;
        found.push(report(to_json(&answer.status, POD_STATES)?, answer.info));
    }
    print_found(found, inspect.output)
}

/// Prints images.
pub(super) async fn images(inspect: Inspect, mut runtime: Runtime) -> Result<()> {
    let mut found = Vec::new();
    for id in &inspect.ids {
        let request = ImageStatusRequest {
            image: Some(ImageSpec {
                image: id.clone(),
                ..ImageSpec::default()
            }),
            verbose: !inspect.quiet,
        };
        let answer = runtime.images.image_status(request).await;
        let answer = answer.answer(format_args!("inspect image {id}"))?;
        let image = answer
            .image
            .with_context(|| format!("no such image {id}: `crictl images` lists them"))?;
        found.push(report(to_json(&image, &[])?, answer.info));
    }
    print_found(found, inspect.output)
}

/// What the runtime says beyond the CRI stands beside the status, under its own keys.
fn report(status: Value, info: impl IntoIterator<Item = (String, String)>) -> Value {
    let mut report = Map::from_iter([("status".to_owned(), status)]);
    report.extend(parse_info(info));
    Value::Object(report)
}

/// One thing is an object, several are a list.
fn print_found(mut found: Vec<Value>, format: Format) -> Result<()> {
    let value = if found.len() == 1 {
        found.remove(0)
    } else {
        Value::Array(found)
    };
    print(&serialize(&value, format)?)
}

/// Flags of `info`.
#[derive(Args, Debug)]
pub(super) struct Info {
    #[arg(short, long, value_enum, default_value = "json")]
    output: Format,
    /// Leave out what the runtime says beyond the CRI
    #[arg(short, long)]
    quiet: bool,
}

/// Prints the state of the runtime.
pub(super) async fn info(info: Info, mut runtime: Runtime) -> Result<()> {
    let request = StatusRequest { verbose: !info.quiet };
    let answer = runtime
        .containers
        .status(request)
        .await
        .answer("ask the runtime how it is")?;
    let mut value = Map::new();
    value.insert("status".to_owned(), to_json(&answer.status, &[])?);
    value.insert(
        "runtimeHandlers".to_owned(),
        to_json(&answer.runtime_handlers, &[])?,
    );
    value.insert("features".to_owned(), to_json(&answer.features, &[])?);
    value.extend(parse_info(answer.info));
    print(&serialize(&Value::Object(value), info.output)?)
}

/// Prints the versions of the runtime and its API.
pub(super) async fn version(mut runtime: Runtime) -> Result<()> {
    let request = VersionRequest {
        version: "v1".to_owned(),
    };
    let answer = runtime
        .containers
        .version(request)
        .await
        .answer("ask the runtime for its version")?;
    print(&format!(
        "Version:  {}\nRuntimeName:  {}\nRuntimeVersion:  {}\nRuntimeApiVersion:  {}\n",
        answer.version, answer.runtime_name, answer.runtime_version, answer.runtime_api_version
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_process_of_a_container_is_where_scripts_look_for_it() {
        let info = [("info".to_owned(), r#"{"pid": 7}"#.to_owned())];
        let report = report(json!({"id": "4f"}), info);
        assert_eq!(report, json!({"status": {"id": "4f"}, "info": {"pid": 7}}));
    }
}
