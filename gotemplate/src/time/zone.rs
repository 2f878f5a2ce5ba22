//! Time zones as Go finds and names them.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// The zone of that name; `local` is what `Local` means. `None` when there is no such zone.
pub fn load_zone(name: &[u8], local: &TimeZone) -> Option<TimeZone> {
    match name {
        b"" | b"UTC" => return Some(TimeZone::UTC),
        b"Local" => return Some(local.clone()),
        _ => {}
    }
    let name = std::str::from_utf8(name).ok()?;
    let zone = TimeZone::get(name).ok()?;
    // A zone is a file in Go, and names of files tell cases apart.
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// The zone's short name at that time; a bare offset has none.
pub(super) fn abbreviation(time: &Zoned) -> Option<String> {
    let zone = time.time_zone();
    if *zone == TimeZone::UTC {
        return Some("UTC".to_owned());
    }
    if zone.to_fixed_offset().is_ok() && zone.iana_name().is_none() {
        return None;
    }
    Some(zone.to_offset_info(time.timestamp()).abbreviation().to_owned())
}

/// A zone of one offset under a name of its own.
pub(super) fn fixed(name: &str, seconds: i32) -> TimeZone {
    let bare = || Offset::from_seconds(seconds).map_or(TimeZone::UTC, TimeZone::fixed);
    if name.is_empty() {
        return bare();
    }
    // POSIX counts hours to the west.
    let (sign, west) = if seconds > 0 {
        ("-", seconds)
    } else {
        ("", -seconds)
    };
    let (hours, minutes, left) = (west / 3600, west / 60 % 60, west % 60);
    TimeZone::posix(&format!("<{name}>{sign}{hours}:{minutes:02}:{left:02}")).unwrap_or_else(|_| bare())
}

/// The offset with which a clock in `zone` showed this time, given in seconds as if it were UTC.
pub(super) fn offset_of_clock(zone: &TimeZone, seconds: i64) -> i64 {
    let offset = |seconds: i64| {
        Timestamp::from_second(seconds).map_or(0, |moment| i64::from(zone.to_offset(moment).seconds()))
    };
    match offset(seconds) {
        0 => 0,
        guess => offset(seconds - guess),
    }
}
