use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    entries: 10,
    bytes: 1 << 20,
};

/// A tar with entries that a well-meaning writer would not make.
fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if kind.is_symlink() {
            header.set_size(0);
            header.set_link_name_literal(content).unwrap();
            header.set_cksum();
            builder.append(&header, io::empty()).unwrap();
        } else {
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn names(bytes: &[u8], limits: Limits) -> Result<Vec<(String, Kind, u64)>, String> {
    let mut found = Vec::new();
    let result: anyhow::Result<()> = walk(bytes, limits, |entry| {
        found.push((entry.name, entry.kind, entry.size));
        Ok(ControlFlow::Continue(()))
    });
    result.map(|()| found).map_err(|error| format!("{error:#}"))
}

#[test]
fn plain_entries_pass_with_clean_names() {
    let bytes = tar(&[
        ("./a//b", EntryType::Regular, b"12345"),
        ("dir/", EntryType::Directory, b""),
        ("link", EntryType::Symlink, b"../x"),
    ]);
    let expected = [
        ("a/b".to_owned(), Kind::File, 5),
        ("dir".to_owned(), Kind::Directory, 0),
        ("link".to_owned(), Kind::Link("../x".to_owned()), 0),
    ];
    assert_eq!(names(&bytes, LIMITS).unwrap(), expected);
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a/..",
        "a\\b",
        "a\nb",
        "\u{1b}[31m",
    ] {
        let error = names(&tar(&[(name, EntryType::Regular, b"")]), LIMITS).unwrap_err();
        assert!(error.contains("leads out"), "{name}: {error}");
    }
}

#[test]
fn links_devices_and_unknown_things_are_refused() {
    for (kind, word) in [
        (EntryType::Link, "hard link"),
        (EntryType::Char, "device"),
        (EntryType::Block, "device"),
        (EntryType::Fifo, "named pipe"),
        (EntryType::new(b'Q'), "unknown"),
    ] {
        let error = names(&tar(&[("x", kind, b"")]), LIMITS).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_sparse_file_that_claims_to_be_huge_is_refused() {
    let mut header = tar::Header::new_gnu();
    header.set_path("x").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    header.as_gnu_mut().unwrap().set_real_size(1 << 50);
    header.set_cksum();
    assert!(names(header.as_bytes(), LIMITS).unwrap_err().contains("sparse"));
}

#[test]
fn counts_and_sizes_are_limited() {
    let empty: &[u8] = b"";
    let many = tar(&[("x", EntryType::Regular, empty); 11]);
    let large = tar(&[("x", EntryType::Regular, &vec![0; 2 << 20])]);
    let measured = |bytes: &[u8], limits| measure(bytes, limits).unwrap_err().to_string();
    for (bytes, limits, expected) in [
        (&many, LIMITS, "more than 10 entries"),
        (&large, LIMITS, "unpacks to more"),
        // Few bytes in the stream, but a block of the disk each.
        (
            &many,
            Limits {
                entries: 20,
                bytes: 40_000,
            },
            "unpacks to more",
        ),
    ] {
        assert!(names(bytes, limits).unwrap_err().contains(expected), "{expected}");
        assert!(measured(bytes, limits).contains(expected), "{expected}");
    }
}

#[test]
fn what_others_unpack_is_measured_whatever_it_is_but_never_sparse() {
    let mut bytes = tar(&[
        ("/a/../b", EntryType::Regular, b"1"),
        ("x", EntryType::Link, b""),
        ("y", EntryType::Char, b""),
    ]);
    measure(&bytes[..], LIMITS).unwrap();
    bytes.resize(2 << 20, 0);
    assert!(
        matches!(measure(&bytes[..], LIMITS), Err(Refused::TooLarge(_))),
        "behind the end"
    );

    let mut old = tar::Header::new_gnu();
    old.set_path("x").unwrap();
    old.set_entry_type(EntryType::GNUSparse);
    old.set_size(0);
    let gnu = old.as_gnu_mut().unwrap();
    gnu.set_real_size(1 << 50);
    gnu.sparse[0].set_offset(1 << 50);
    gnu.sparse[0].set_length(0);
    old.set_cksum();
    let mut pax = tar::Builder::new(Vec::new());
    pax.append_pax_extensions([("GNU.sparse.realsize", &b"1125899906842624"[..])])
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("x").unwrap();
    header.set_size(0);
    header.set_cksum();
    pax.append(&header, io::empty()).unwrap();
    for bytes in [old.as_bytes().to_vec(), pax.into_inner().unwrap()] {
        let error = measure(&bytes[..], LIMITS).unwrap_err();
        assert!(error.to_string().contains("sparse"), "{error:?}");
    }
}

#[test]
fn a_long_name_does_not_fill_the_memory() {
    let name = vec![b'a'; 4 << 20];
    let bytes = tar(&[
        ("././@LongLink", EntryType::GNULongName, &name),
        ("x", EntryType::Regular, b""),
    ]);
    let limits = Limits {
        bytes: 1 << 30,
        ..LIMITS
    };
    assert!(
        names(&bytes, limits)
            .unwrap_err()
            .contains("headers of one entry")
    );
}

#[test]
fn a_truncated_archive_is_told() {
    let bytes = tar(&[("x", EntryType::Regular, &[7; 4000])]);
    assert!(names(&bytes[..2000], LIMITS).unwrap_err().contains("truncated"));
    assert!(names(&bytes[..300], LIMITS).is_err());
}

#[test]
fn a_size_that_the_archive_does_not_have_is_told() {
    let mut header = tar::Header::new_gnu();
    header.set_path("x").unwrap();
    header.set_size(1 << 60);
    header.set_cksum();
    let limits = Limits {
        bytes: u64::MAX,
        ..LIMITS
    };
    assert!(
        names(header.as_bytes(), limits)
            .unwrap_err()
            .contains("truncated")
    );
}

proptest! {
    #[test]
    fn a_name_that_passes_stays_below_its_root(name in "[a./\\\\\u{0}\u{e9} -]{0,40}") {
        if let Ok(name) = checked_name(name.as_bytes()) {
            let components = std::path::Path::new(&name).components();
            for component in components {
                prop_assert!(matches!(component, std::path::Component::Normal(_)), "{name}");
            }
        }
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _ = names(&bytes, LIMITS);
        let _ = measure(&bytes[..], LIMITS);
    }
}
