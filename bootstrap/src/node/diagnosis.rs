//! Why a static pod is not well: read from containerd's containers, their logs and the kubelet's log.

use std::path::Path;

use k8s_cri::v1::{ContainerState, ContainerStatus};

use super::sandboxes::Runtime;
use crate::processes::log;
use crate::status::Cause;

/// Where to look.
pub(crate) struct Diagnosis<'a> {
    pub(crate) socket: &'a Path,
    pub(crate) kubelet_log: &'a Path,
}

impl Diagnosis<'_> {
    /// The cause, when containerd or the kubelet know one.
    pub(crate) async fn of(&self, pod: &str) -> Option<Cause> {
        let containers = match Runtime::connect(self.socket).await {
            Ok(mut runtime) => runtime.newest_container(pod).await.ok()?,
            Err(error) => {
                return Some(Cause {
                    cause: format!("containerd does not answer: {error:#}"),
                    remedy: None,
                });
            }
        };
        match containers {
            None => self.kubelet_says(),
            Some(status) => container_says(&status),
        }
    }

    /// Without a container it is the kubelet that is in trouble.
    fn kubelet_says(&self) -> Option<Cause> {
        Some(Cause {
            cause: format!(
                "it has no container; the kubelet says: {}",
                log::last_words(self.kubelet_log)?
            ),
            remedy: Some(format!("see {}", self.kubelet_log.display())),
        })
    }
}

fn container_says(status: &ContainerStatus) -> Option<Cause> {
    if status.state != ContainerState::ContainerExited as i32 {
        return None;
    }
    let last_words = log::last_words(Path::new(&status.log_path)).unwrap_or_else(|| "no log".to_owned());
    Some(Cause {
        cause: format!(
            "its container ended with exit status {}: {last_words}",
            status.exit_code
        ),
        remedy: Some(format!("see {}", status.log_path)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_container_is_told_with_its_status_and_last_words() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0.log");
        fs_err::write(&path, "2026-11-23T08:00:00Z stderr F Error: bad flag\n").unwrap();
        let status = ContainerStatus {
            state: ContainerState::ContainerExited as i32,
            exit_code: 1,
            log_path: path.display().to_string(),
            ..ContainerStatus::default()
        };
        let cause = container_says(&status).unwrap();
        assert!(
            cause
                .cause
                .starts_with("its container ended with exit status 1: ")
        );
        assert!(cause.cause.ends_with("Error: bad flag"));
    }

    #[test]
    fn a_running_container_has_nothing_to_say() {
        let status = ContainerStatus {
            state: ContainerState::ContainerRunning as i32,
            ..ContainerStatus::default()
        };
        assert_eq!(container_says(&status), None);
    }
}
