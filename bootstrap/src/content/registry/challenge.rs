//! How a registry wants to be convinced: the `WWW-Authenticate` header, and the request for a token. Pure.

use super::settings::Auth;

/// What a registry answered to a request without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    Basic,
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// The first challenge of a header that we can meet.
pub(super) fn parse(header: &str) -> Option<Challenge> {
    let (scheme, parameters) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let parameters = parameters_of(parameters);
    let find = |name| {
        parameters
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.clone())
    };
    Some(Challenge::Bearer {
        realm: find("realm")?,
        service: find("service"),
        scope: find("scope"),
    })
}

/// `key="value",key=value`, where a quoted value may hold commas.
fn parameters_of(mut text: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    while let Some((key, rest)) = text.split_once('=') {
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        parameters.push((
            key.trim_matches([' ', ',']).to_ascii_lowercase(),
            value.to_owned(),
        ));
        text = rest;
    }
    parameters
}

/// A request for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenRequest {
    pub(super) url: String,
    /// As a form, when an identity token is traded in; as a query otherwise.
    pub(super) form: bool,
    pub(super) parameters: Vec<(&'static str, String)>,
    pub(super) basic: Option<(String, String)>,
}

/// What to ask `realm` for to read `repository`.
///
/// Credentials go over plain HTTP only if the registry itself is asked that way.
pub(super) fn token_request(
    (realm, service, scope): (&str, Option<&str>, Option<&str>),
    repository: &str,
    auth: &Auth,
    plain_allowed: bool,
) -> Option<TokenRequest> {
    let secret = !auth.is_empty();
    if !(realm.starts_with("https://") || realm.starts_with("http://") && (plain_allowed || !secret)) {
        return None;
    }
    let scope = scope.map_or_else(|| format!("repository:{repository}:pull"), str::to_owned);
    let service = service.map(|service| ("service", service.to_owned()));
    let mut parameters: Vec<_> = service.into_iter().chain([("scope", scope)]).collect();
    let form = !auth.identity_token.is_empty();
    if form {
        parameters.push(("grant_type", "refresh_token".to_owned()));
        parameters.push(("refresh_token", auth.identity_token.clone()));
        parameters.push(("client_id", "bowline".to_owned()));
    }
    let basic = auth.basic().filter(|_| !form);
    Some(TokenRequest {
        url: realm.to_owned(),
        form,
        parameters,
        basic,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(header: &str) -> (String, Option<String>, Option<String>) {
        match parse(header) {
            Some(Challenge::Bearer {
                realm,
                service,
                scope,
            }) => (realm, service, scope),
            other => panic!("{header}: {other:?}"),
        }
    }

    #[test]
    fn challenges_are_read_with_quotes_and_commas() {
        let header = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let (realm, service, scope) = bearer(header);
        assert_eq!(realm, "https://auth.docker.io/token");
        assert_eq!(service.as_deref(), Some("registry.docker.io"));
        assert_eq!(scope.as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(
            bearer("bearer realm=https://x, service=y").1.as_deref(),
            Some("y")
        );
        assert_eq!(parse(r#"Basic realm="x""#), Some(Challenge::Basic));
    }

    #[test]
    fn challenges_that_cannot_be_met_are_none() {
        for header in ["", "Negotiate", "Bearer", "Bearer service=x", "Bearer realm"] {
            assert_eq!(parse(header), None, "{header}");
        }
    }

    #[test]
    fn credentials_never_go_to_a_plain_realm_of_a_registry_with_tls() {
        let auth = Auth {
            username: "u".into(),
            password: "p".into(),
            ..Auth::default()
        };
        let challenge = ("http://realm", None, None);
        assert_eq!(token_request(challenge, "a", &auth, false), None);
        assert!(
            token_request(challenge, "a", &auth, true)
                .unwrap()
                .basic
                .is_some()
        );
        assert!(token_request(challenge, "a", &Auth::default(), false).is_some());
        assert_eq!(token_request(("file:///etc", None, None), "a", &auth, true), None);
    }

    #[test]
    fn an_identity_token_is_traded_in_by_a_form() {
        let auth = Auth {
            identity_token: "t".into(),
            ..Auth::default()
        };
        let request = token_request(("https://realm", Some("s"), None), "a/b", &auth, false).unwrap();
        assert!(request.form && request.basic.is_none());
        assert!(request.parameters.contains(&("refresh_token", "t".into())));
        assert!(
            request
                .parameters
                .contains(&("scope", "repository:a/b:pull".into()))
        );
    }
}
