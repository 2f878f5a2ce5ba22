//! Images out of registries, as `registries.yaml` says: mirrors, rewrites, credentials, TLS.
//!
//! [`Client::image`] asks the endpoints of a reference in order until one knows it; [`Client::blobs`] fetches the
//! layers, resumed where a connection broke off. [`hosts_toml`] tells containerd the same.

mod challenge;
mod connection;
mod failure;
mod hosts;
mod pull;
mod settings;

use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::Result;
use reqwest::header::{ACCEPT, AUTHORIZATION, RANGE, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;

use self::challenge::{Challenge, TokenRequest, token_request};
use self::failure::Cause;
pub(crate) use self::hosts::{credentials_toml, hosts_toml, rewrites_without_containerd};
pub(crate) use self::pull::Pulled;
pub(crate) use self::settings::Registries;
use self::settings::{Auth, Endpoint, Tls};

/// The answer of a token server is small.
const MAX_TOKEN: u64 = 1 << 20;

/// Talks to registries.
#[derive(Debug)]
pub(crate) struct Client {
    registries: Registries,
    connections: Mutex<HashMap<Tls, reqwest::Client>>,
    /// `Authorization` by host and repository, once a registry wanted it.
    authorizations: Mutex<HashMap<(String, String), String>>,
}

/// What is asked of an endpoint.
#[derive(Clone, Copy)]
struct Question<'a> {
    /// Below the repository: `manifests/…` or `blobs/…`.
    path: &'a str,
    accept: &'a str,
    /// First byte that is wanted.
    from: u64,
}

impl Client {
    /// A client that follows `registries`; nothing is opened yet.
    pub(crate) fn new(registries: Registries) -> Self {
        Self {
            registries,
            connections: Mutex::default(),
            authorizations: Mutex::default(),
        }
    }

    /// Asks, and once more with credentials when the endpoint wants them.
    async fn ask(&self, endpoint: &Endpoint, question: Question<'_>) -> Result<Response, Cause> {
        let key = (endpoint.host.clone(), endpoint.repository.clone());
        let known = lock(&self.authorizations).get(&key).cloned();
        let response = self.request(endpoint, question, known)?.send().await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return checked(response);
        }
        let headers = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let Some(challenge) = headers
            .filter_map(|value| value.to_str().ok())
            .find_map(challenge::parse)
        else {
            return checked(response);
        };
        let authorization = self.authorize(endpoint, &challenge).await?;
        lock(&self.authorizations).insert(key, authorization.clone());
        checked(
            self.request(endpoint, question, Some(authorization))?
                .send()
                .await?,
        )
    }

    fn request(
        &self,
        endpoint: &Endpoint,
        question: Question<'_>,
        authorization: Option<String>,
    ) -> Result<RequestBuilder, Cause> {
        let Endpoint {
            base,
            host,
            repository,
            ..
        } = endpoint;
        let Question { path, accept, from } = question;
        let request = self
            .connection(host)?
            .get(format!("{base}/{repository}/{path}"))
            .header(ACCEPT, accept);
        let request = if from > 0 {
            request.header(RANGE, format!("bytes={from}-"))
        } else {
            request
        };
        Ok(match authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        })
    }

    /// The value of an `Authorization` header that meets the challenge.
    async fn authorize(&self, endpoint: &Endpoint, challenge: &Challenge) -> Result<String, Cause> {
        let auth: Auth = self.registries.config(&endpoint.host).auth;
        let unauthorized = || Cause::Unauthorized(StatusCode::UNAUTHORIZED.as_u16());
        match challenge {
            Challenge::Basic => {
                use base64::Engine as _;
                let (user, password) = auth.basic().ok_or_else(unauthorized)?;
                let plain = format!("{user}:{password}");
                Ok(format!(
                    "Basic {}",
                    base64::engine::general_purpose::STANDARD.encode(plain)
                ))
            }
            Challenge::Bearer {
                realm,
                service,
                scope,
            } => {
                let plain_allowed = endpoint.base.starts_with("http://");
                let challenge = (realm.as_str(), service.as_deref(), scope.as_deref());
                let request = token_request(challenge, &endpoint.repository, &auth, plain_allowed);
                let request = request.ok_or_else(|| {
                    Cause::Answer(format!("it wants credentials sent to {realm}, which has no TLS"))
                })?;
                self.token(&endpoint.host, request)
                    .await
                    .map(|token| format!("Bearer {token}"))
            }
        }
    }

    /// A token server is talked to as the registry that names it.
    async fn token(&self, host: &str, request: TokenRequest) -> Result<String, Cause> {
        #[derive(Deserialize)]
        struct Answer {
            token: Option<String>,
            access_token: Option<String>,
        }
        let TokenRequest {
            url,
            form,
            parameters,
            basic,
        } = request;
        let client = self.connection(host)?;
        let encoded: Vec<String> = parameters
            .iter()
            .map(|(key, value)| format!("{key}={}", percent_encoded(value)))
            .collect();
        let encoded = encoded.join("&");
        let request = if form {
            client
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded)
        } else {
            client.get(format!(
                "{url}{}{encoded}",
                if url.contains('?') { '&' } else { '?' }
            ))
        };
        let request = match basic {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        };
        let body = body(checked(request.send().await?)?, MAX_TOKEN).await?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| Cause::Answer("the token is no JSON".to_owned()))?;
        answer
            .token
            .or(answer.access_token)
            .ok_or_else(|| Cause::Answer("there is no token in it".to_owned()))
    }

    fn connection(&self, host: &str) -> Result<reqwest::Client, Cause> {
        let tls = self.registries.config(host).tls;
        let mut connections = lock(&self.connections);
        if let Some(client) = connections.get(&tls) {
            return Ok(client.clone());
        }
        let client = connection::client(&tls).map_err(|error| Cause::Other(format!("{error:#}")))?;
        connections.insert(tls, client.clone());
        Ok(client)
    }
}

fn checked(response: Response) -> Result<Response, Cause> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(response.status().into())
    }
}

/// A small answer, held in memory.
async fn body(mut response: Response, limit: u64) -> Result<Vec<u8>, Cause> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() as u64 + chunk.len() as u64 > limit {
            return Err(Cause::Answer(format!("it is longer than {limit} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn percent_encoded(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b':');
    let encode = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

/// Nobody panics while holding one of these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
