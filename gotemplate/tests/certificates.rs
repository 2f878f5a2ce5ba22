//! Certificates and keys made by templates' functions, judged by OpenSSL.

use std::process::Command;

use gotemplate::{Context, Function, Limits, Pinned, Value, sprig};

fn call(context: &mut Context<'_>, name: &str, arguments: &[Value]) -> Value {
    let mut functions = sprig::FUNCTIONS.iter().flat_map(|table| table.iter());
    let function: &Function = functions
        .find(|function| function.name == name)
        .expect("a known function");
    (function.call)(context, arguments).expect("makes something")
}

fn part(pair: &Value, name: &str) -> String {
    match pair {
        Value::Object(object) => match object.field(name.as_bytes()) {
            Some(Value::String(text)) => text.to_string(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// What the program says about files in a directory.
fn openssl(directory: &std::path::Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(directory)
        .output()
        .ok()?;
    let said = [output.stdout, output.stderr].concat();
    Some(format!(
        "{} {}",
        output.status.success(),
        String::from_utf8_lossy(&said)
    ))
}

/// A directory to work in, if OpenSSL is there to judge.
fn workplace() -> Option<tempfile::TempDir> {
    let directory = tempfile::tempdir().expect("a directory");
    if openssl(directory.path(), &["version"]).is_none() {
        println!("skipped: no openssl");
        return None;
    }
    Some(directory)
}

/// Chance from a seed, and the time as it is: OpenSSL compares with that.
fn environment(seed: u8) -> Pinned {
    Pinned::new(
        [seed; 32],
        jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC),
    )
}

#[test]
fn certificates_are_valid_and_signed_by_their_authority() {
    let Some(directory) = workplace() else { return };
    let (mut environment, mut host) = (environment(1), ());
    let mut context = Context::new(Limits::default(), &mut host, &mut environment);
    let write = |name: &str, text: &str| fs_err::write(directory.path().join(name), text).expect("writes");
    for kind in ["rsa 2048", "ecdsa", "ed25519"] {
        let key = call(&mut context, "genPrivateKey", &[kind.into()]);
        let authority = match kind {
            "rsa 2048" => call(&mut context, "genCA", &["ca".into(), Value::Int(365)]),
            _ => call(
                &mut context,
                "genCAWithKey",
                &["ca".into(), Value::Int(365), key.clone()],
            ),
        };
        let (addresses, names) = (
            vec![Value::from("10.0.0.1")],
            vec![Value::from("a.example"), "b.example".into()],
        );
        let mut arguments = vec![
            "söme name".into(),
            addresses.into(),
            names.into(),
            Value::Int(30),
            authority.clone(),
        ];
        let signed = if kind == "rsa 2048" {
            call(&mut context, "genSignedCert", &arguments)
        } else {
            arguments.push(key);
            call(&mut context, "genSignedCertWithKey", &arguments)
        };
        write("ca.pem", &part(&authority, "Cert"));
        write("leaf.pem", &part(&signed, "Cert"));
        write("leaf.key", &part(&signed, "Key"));
        let verified = openssl(
            directory.path(),
            &["verify", "-x509_strict", "-CAfile", "ca.pem", "leaf.pem"],
        );
        assert_eq!(verified.as_deref(), Some("true leaf.pem: OK\n"), "{kind}");
        let text =
            openssl(directory.path(), &["x509", "-in", "leaf.pem", "-noout", "-text"]).expect("a text");
        for expected in [
            "DNS:a.example, DNS:b.example, IP Address:10.0.0.1",
            "Digital Signature, Key Encipherment",
            "CA:FALSE",
        ] {
            assert!(text.contains(expected), "{kind}: {text}");
        }
        let key =
            openssl(directory.path(), &["pkey", "-in", "leaf.key", "-noout", "-check"]).expect("a text");
        assert!(key.starts_with("true"), "{kind}: {key}");
    }
}

#[test]
fn keys_of_the_older_kinds_are_read() {
    let Some(directory) = workplace() else { return };
    let (mut environment, mut host) = (environment(2), ());
    let mut context = Context::new(Limits::default(), &mut host, &mut environment);
    for kind in ["rsa", "dsa"] {
        let key = call(&mut context, "genPrivateKey", &[kind.into()]);
        let Value::String(key) = key else {
            unreachable!("a text")
        };
        fs_err::write(directory.path().join("key.pem"), key.as_bytes()).expect("writes");
        let checked = openssl(directory.path(), &[kind, "-in", "key.pem", "-noout"]).expect("a text");
        assert!(checked.starts_with("true"), "{kind}: {checked}");
    }
}
