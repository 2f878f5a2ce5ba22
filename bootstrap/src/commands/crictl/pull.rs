//! `crictl pull`: brings an image.

use anyhow::Result;
use clap::Args;
use k8s_cri::v1::{AuthConfig, ImageSpec, PullImageRequest};

use super::client::{Answer as _, Runtime};
use super::output::print;

/// Flags of `pull`.
#[derive(Args, Debug)]
pub(super) struct Pull {
    /// Credentials of the registry
    #[arg(
        long,
        value_name = "USERNAME[:PASSWORD]",
        env = "CRICTL_CREDS",
        hide_env_values = true
    )]
    creds: Option<String>,
    /// Credentials as base64 of `username:password`
    #[arg(
        long,
        value_name = "AUTH",
        env = "CRICTL_AUTH",
        hide_env_values = true,
        conflicts_with = "creds"
    )]
    auth: Option<String>,
    image: String,
}

/// Pulls an image.
pub(super) async fn run(pull: Pull, mut runtime: Runtime) -> Result<()> {
    let auth = credentials(pull.creds, pull.auth);
    let request = PullImageRequest {
        image: Some(ImageSpec {
            image: pull.image.clone(),
            ..ImageSpec::default()
        }),
        auth,
        sandbox_config: None,
    };
    let answer = runtime.images.pull_image(request).await;
    let answer = answer.answer(format_args!("pull image {}", pull.image))?;
    print(&format!("Image is up to date for {}\n", answer.image_ref))
}

fn credentials(creds: Option<String>, auth: Option<String>) -> Option<AuthConfig> {
    if let Some(creds) = creds {
        let (username, password) = creds.split_once(':').unwrap_or((&creds, ""));
        return Some(AuthConfig {
            username: username.to_owned(),
            password: password.to_owned(),
            ..AuthConfig::default()
        });
    }
    auth.map(|auth| AuthConfig {
        auth,
        ..AuthConfig::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_hold_colons() {
        let auth = credentials(Some("ada:pass:word".to_owned()), None).unwrap();
        assert_eq!(
            (auth.username.as_str(), auth.password.as_str()),
            ("ada", "pass:word")
        );
    }

    #[test]
    fn without_credentials_the_runtime_uses_its_own() {
        assert_eq!(credentials(None, None), None);
    }
}
