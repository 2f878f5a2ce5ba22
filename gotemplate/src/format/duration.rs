//! Durations: `1h2m3.5s`.

/// A duration as Go prints it.
pub(super) fn text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs();
    let small = match all {
        0 => Some("0s".to_owned()),
        1..1_000 => Some(format!("{all}ns")),
        1_000..1_000_000 => Some(decimal(all, 1_000, "µs")),
        1_000_000..1_000_000_000 => Some(decimal(all, 1_000_000, "ms")),
        _ => None,
    };
    if let Some(small) = small {
        return format!("{sign}{small}");
    }
    let seconds = decimal(all % 60_000_000_000, 1_000_000_000, "s");
    match (all / 3_600_000_000_000, all / 60_000_000_000 % 60) {
        (0, 0) => format!("{sign}{seconds}"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}"),
    }
}

fn decimal(value: u64, unit: u64, name: &str) -> String {
    let width = unit.ilog10() as usize;
    let fraction = format!("{:0width$}", value % unit);
    match fraction.trim_end_matches('0') {
        "" => format!("{}{name}", value / unit),
        fraction => format!("{}.{fraction}{name}", value / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn durations_read_as_in_go() {
        for (nanoseconds, expected) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (3_300_000_000, "3.3s"),
            (4 * 60_000_000_000 + 5_000_000_000, "4m5s"),
            (5 * 3_600_000_000_000 + 7_001_000_000, "5h0m7.001s"),
            (-60_000_000_000, "-1m0s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(text(nanoseconds), expected);
        }
    }
}
