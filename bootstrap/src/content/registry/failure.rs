//! Why a registry did not give what it was asked for: the cause in one line, with what to do about it.

use std::error::Error as _;
use std::io;

use reqwest::StatusCode;

/// One endpoint's failure.
#[derive(Debug, thiserror::Error)]
#[error("{host}: {cause}")]
pub(crate) struct Failure {
    pub(super) host: String,
    pub(super) cause: Cause,
}

/// What went wrong, and what a person can do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
    #[error(
        "it refuses the credentials or wants some (HTTP {0}): check `configs: auth:` of this host in registries.yaml"
    )]
    Unauthorized(u16),
    #[error(
        "it has no such image: check the reference, the mirror's rewrite, or put an archive into agent/images"
    )]
    NotFound,
    #[error(
        "its certificate is signed by an unknown authority (x509): name it as `configs: tls: ca_file:` of this host in registries.yaml"
    )]
    UnknownAuthority,
    #[error("its certificate is not valid: {0}")]
    Certificate(String),
    #[error(
        "nothing listens there (connection refused): check the endpoint's port and that the registry runs"
    )]
    Refused,
    #[error("its name cannot be resolved: check the host name and this machine's DNS")]
    Dns,
    #[error("it does not answer in time: check the network, proxy and firewall between here and there")]
    Timeout,
    #[error("it asks for too many requests to stop (HTTP 429): wait, or use credentials or a mirror")]
    TooManyRequests,
    #[error("it answers HTTP {0}")]
    Status(u16),
    #[error("its answer is wrong: {0}")]
    Answer(String),
    #[error("{0}")]
    Other(String),
}

impl Cause {
    /// Whether another try may help.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Timeout | Self::TooManyRequests | Self::Other(_) => true,
            Self::Status(status) => *status >= 500,
            _ => false,
        }
    }
}

impl From<StatusCode> for Cause {
    fn from(status: StatusCode) -> Self {
        match status.as_u16() {
            401 | 403 => Self::Unauthorized(status.as_u16()),
            404 => Self::NotFound,
            429 => Self::TooManyRequests,
            other => Self::Status(other),
        }
    }
}

impl From<reqwest::Error> for Cause {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            if let Some(cause) = classify(error) {
                return cause;
            }
            text = error.to_string();
            source = error.source();
        }
        Self::Other(text)
    }
}

fn classify(error: &(dyn std::error::Error + 'static)) -> Option<Cause> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return certificate(tls);
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        // What travels inside an I/O error is not named as its source.
        if let Some(cause) = io.get_ref().and_then(|inner| classify(inner)) {
            return Some(cause);
        }
        return match io.kind() {
            io::ErrorKind::ConnectionRefused => Some(Cause::Refused),
            io::ErrorKind::TimedOut => Some(Cause::Timeout),
            _ => None,
        };
    }
    // The resolver's type is private.
    error.to_string().starts_with("dns error").then_some(Cause::Dns)
}

fn certificate(error: &rustls::Error) -> Option<Cause> {
    match error {
        // An authority of the same name with another key gives a bad signature.
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature,
        ) => Some(Cause::UnknownAuthority),
        rustls::Error::InvalidCertificate(why) => Some(Cause::Certificate(why.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_found_however_deep_they_are_wrapped() {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::other(unknown));
        assert!(matches!(classify(&wrapped), Some(Cause::UnknownAuthority)));
        let same_name = rustls::Error::InvalidCertificate(rustls::CertificateError::BadSignature);
        assert!(matches!(classify(&same_name), Some(Cause::UnknownAuthority)));
        let refused = io::Error::other(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(matches!(classify(&refused), Some(Cause::Refused)));
        assert!(classify(&io::Error::other("something else")).is_none());
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for status in [500, 503, 429] {
            assert!(Cause::from(StatusCode::from_u16(status).unwrap()).is_passing());
        }
        for status in [400, 401, 403, 404] {
            assert!(!Cause::from(StatusCode::from_u16(status).unwrap()).is_passing());
        }
    }
}
