//! Pure: what it means for people when the kubelet says that the machine runs short of something.

use std::path::Path;

use k8s_openapi::api::core::v1::NodeCondition;

use crate::layout::Layout;
use crate::status::Cause;

/// The first pressure that the node is under.
pub(super) fn trouble(conditions: &[NodeCondition], layout: &Layout) -> Option<Cause> {
    let is_under = |kind: &str| {
        conditions
            .iter()
            .any(|found| found.type_ == kind && found.status == "True")
    };
    if is_under("DiskPressure") {
        return Some(disk(&layout.kubelet_root(), layout.data_dir()));
    }
    if is_under("MemoryPressure") {
        return Some(Cause {
            cause: "less than 100 MiB of memory is left: the kubelet evicts pods and starts few new ones"
                .to_owned(),
            remedy: Some("stop what takes it, give pods limits, or give the machine more memory".to_owned()),
        });
    }
    is_under("PIDPressure").then(|| Cause {
        cause: "nearly no process ids are left: the kubelet evicts pods and starts no new ones".to_owned(),
        remedy: Some("stop what starts so many processes, or raise the sysctl kernel.pid_max".to_owned()),
    })
}

fn disk(kubelet_root: &Path, data_dir: &Path) -> Cause {
    let (kubelet_root, data_dir) = (kubelet_root.display(), data_dir.display());
    Cause {
        cause: format!(
            "less than 5 % is free on the disk of {data_dir} or {kubelet_root}: the kubelet evicts pods and starts no new ones"
        ),
        remedy: Some(
            "free space there (the kubelet wants 10 % then), or move the data-dir to another disk".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(of: &[(&str, &str)]) -> Vec<NodeCondition> {
        let condition = |(kind, status): &(&str, &str)| NodeCondition {
            type_: (*kind).to_owned(),
            status: (*status).to_owned(),
            ..NodeCondition::default()
        };
        of.iter().map(condition).collect()
    }

    #[test]
    fn a_pressure_is_told_with_what_to_do() {
        let layout = Layout::new("/srv/bowline");
        let trouble = |of: &[(&str, &str)]| trouble(&conditions(of), &layout);
        assert_eq!(trouble(&[("DiskPressure", "False"), ("Ready", "True")]), None);
        let disk = trouble(&[("Ready", "True"), ("DiskPressure", "True")]).unwrap();
        assert!(
            disk.cause
                .contains("less than 5 % is free on the disk of /srv/bowline"),
            "{disk:?}"
        );
        assert!(disk.remedy.unwrap().contains("data-dir"));
        let memory = trouble(&[("MemoryPressure", "True")]).unwrap();
        assert!(memory.cause.contains("100 MiB") && memory.remedy.is_some());
        assert!(
            trouble(&[("PIDPressure", "True")])
                .unwrap()
                .cause
                .contains("process ids")
        );
    }
}
