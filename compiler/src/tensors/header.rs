//! The header of a safetensors file, before anything is parsed.

use std::collections::BTreeSet;

use crate::diagnostic::quoted;

/// Why bytes are not a safetensors file, and what would help.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: String,
    pub(super) help: Option<&'static str>,
}

/// Headers hold about 100 bytes a tensor; reading one takes many times its length in memory.
const MAX_HEADER: u64 = 16 << 20;
/// Bytes of the header's length.
pub(super) const LENGTH: usize = size_of::<u64>();

/// What can be told from the bytes before the header is parsed.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), Fault> {
    if let Some(fault) = foreign_format(bytes) {
        return Err(fault);
    }
    let truncated = |what: String| Fault { what, help: Some("the file may be truncated") };
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH>() else {
        return Err(truncated(format!("it has {} bytes, and a header takes 8", bytes.len())));
    };
    let length = u64::from_le_bytes(*length);
    if length > rest.len() as u64 {
        return Err(truncated(format!("it announces a header of {length} bytes, and {} follow", rest.len())));
    }
    if length > MAX_HEADER {
        let what = format!("its header of {length} bytes is beyond the {MAX_HEADER} that are read");
        return Err(Fault { what, help: None });
    }
    if has_huge_number(&rest[..length as usize]) {
        let what = "its header has a size or an offset beyond 10^15".to_owned();
        return Err(Fault { what, help: None });
    }
    if let Some(name) = duplicate_key(&rest[..length as usize]) {
        let what = format!("its header has {} twice", quoted(&name));
        return Err(Fault { what, help: Some("only one of the two can be meant: write the file again") });
    }
    Ok(())
}

/// A key that the header has twice, or an object in it. A parser would take the last of the two.
fn duplicate_key(json: &[u8]) -> Option<String> {
    // Keys of the header, and of the object in it that is read.
    let mut objects: [BTreeSet<String>; 2] = Default::default();
    let (mut depth, mut at) = (0_usize, 0);
    let mut text: Option<&[u8]> = None;
    while let Some(&byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                while let Some(&byte) = json.get(at).filter(|byte| **byte != b'"') {
                    at += if byte == b'\\' { 2 } else { 1 };
                }
                text = json.get(start..at);
                at += 1;
            }
            b':' => {
                let keys = depth.checked_sub(1).and_then(|outer| objects.get_mut(outer));
                if let (Some(keys), Some(key)) = (keys, text.take()) {
                    let key = unescape(&String::from_utf8_lossy(key));
                    if let Some(key) = keys.replace(key) {
                        return Some(key);
                    }
                }
            }
            b'{' => {
                if let Some(keys) = objects.get_mut(depth) {
                    keys.clear();
                }
                depth += 1;
            }
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// What stands between the quotes of a JSON text; an escape that JSON does not have stays as it is.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let escaped = if c == '\\' { rest.chars().next() } else { None };
        let (unit, length) = match escaped {
            Some('b') => (Some(8), 1),
            Some('f') => (Some(12), 1),
            Some('n') => (Some(10), 1),
            Some('r') => (Some(13), 1),
            Some('t') => (Some(9), 1),
            Some('u') => (rest.get(1..5).and_then(|digits| u16::from_str_radix(digits, 16).ok()), 5),
            Some(same @ ('"' | '\\' | '/')) => (Some(same as u16), 1),
            _ => (None, 0),
        };
        match unit {
            Some(unit) => {
                units.push(unit);
                rest = &rest[length..];
            }
            None => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
        }
    }
    String::from_utf16_lossy(&units)
}

/// Whether a number of the JSON text has more than 15 digits: sums of such offsets could overflow.
fn has_huge_number(json: &[u8]) -> bool {
    let (mut digits, mut in_text, mut escaped) = (0, false, false);
    for &byte in json {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if byte.is_ascii_digit() {
            digits += 1;
            if digits > 15 {
                return true;
            }
        } else {
            digits = 0;
            in_text = byte == b'"';
        }
    }
    false
}

fn foreign_format(bytes: &[u8]) -> Option<Fault> {
    // The length of a header of 640 bytes begins like a pickle.
    if bytes.get(LENGTH) == Some(&b'{') {
        return None;
    }
    let (what, help) = if bytes.is_empty() {
        ("it is empty", "write it again")
    } else if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x80\x02") {
        (
            "it looks like a pickle or a zip archive, as `torch.save` and Keras write",
            "save the tensors with `safetensors.torch.save_file(model.state_dict(), path)` or `safetensors.numpy.save_file`",
        )
    } else if bytes.starts_with(b"\x89HDF") {
        (
            "it is an HDF5 file, as Keras writes",
            "save the tensors with `safetensors.numpy.save_file({w.path: w.numpy() for w in model.weights}, path)`",
        )
    } else if bytes.starts_with(b"version https://git-lfs") {
        ("it is the pointer that Git LFS leaves", "run `git lfs pull`")
    } else {
        return None;
    };
    Some(Fault { what: what.to_owned(), help: Some(help) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_found() {
        for (json, expected) in [
            (r#"{"a": {"b": 1}, "c": {"b": 1}}"#, None),
            (r#"{"a": {}, "b": {}, "a": {}}"#, Some("a")),
            (r#"{"a":{"dtype":"F32","dtype":"F16"}}"#, Some("dtype")),
            (r#"{"__metadata__": {"x": "1", "x": "2"}}"#, Some("x")),
            (r#"{"__metadata__": {}, "a": {}, "__metadata__": {}}"#, Some("__metadata__")),
            (r#"{"a\u0062": {}, "ab": {}}"#, Some("ab")),
            (r#"{"\ud83d\ude00": {}, "😀": {}}"#, Some("😀")),
            (r#"{"a\"": {}, "a": {"a": "a"}}"#, None),
            (r#"{"a": "a:", "b": ["a", "a"], "c\\": "a"}"#, None),
            (r#"{"a\"#, None),
            (r#"}}}{"a"::"a":"#, Some("a")),
        ] {
            assert_eq!(duplicate_key(json.as_bytes()).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn digits_in_names_are_no_numbers() {
        assert!(!has_huge_number(br#"{"a\"12345678901234567890": 1}"#));
        assert!(has_huge_number(br#"{"a": 1234567890123456}"#));
    }
}
