//! Numbers of bytes, as people write them.

use recurve_compiler::spec::bytes_with_unit;

/// Reads `20480`, `20KiB`, `20 kB`.
///
/// ```
/// assert_eq!(recurve_report::parse_bytes("20 KiB"), Ok(20_480));
/// ```
///
/// # Errors
/// Anything else, and 0.
pub fn parse(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let bytes = match text.parse::<u64>() {
        Ok(bytes) => Some(bytes),
        Err(_) => bytes_with_unit(text)?,
    };
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "expected a size above 0, for example `20KiB`".into())
}

/// `812 B`, `15.3 KiB`, `34.3 MiB`.
pub(crate) fn show(bytes: f64) -> String {
    const KIB: f64 = 1024.0;
    let (number, unit) = match bytes {
        bytes if bytes < KIB => return format!("{bytes:.0} B"),
        bytes if bytes < KIB * KIB => (bytes / KIB, "KiB"),
        bytes if bytes < KIB * KIB * KIB => (bytes / KIB / KIB, "MiB"),
        bytes => (bytes / KIB / KIB / KIB, "GiB"),
    };
    if number < 100.0 { format!("{number:.1} {unit}") } else { format!("{number:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse("20480"), Ok(20_480));
        assert_eq!(parse("20KiB"), Ok(20_480));
        assert_eq!(parse("2 MiB"), Ok(2 << 20));
        assert_eq!(parse("3 kB"), Ok(3000));
        for wrong in
            ["", "KiB", "0", "-1", "1.5 KiB", "20 KB", "99999999999999999999", "18446744073709551615 MiB"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_shown_in_units_that_fit() {
        assert_eq!(show(0.0), "0 B");
        assert_eq!(show(1023.0), "1023 B");
        assert_eq!(show(1536.0), "1.5 KiB");
        assert_eq!(show(200.0 * 1024.0), "200 KiB");
        assert_eq!(show(36.0 * 1024.0 * 1024.0), "36.0 MiB");
    }
}
