//! The header of a safetensors file, before anything is parsed.

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
    Ok(())
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
    fn digits_in_names_are_no_numbers() {
        assert!(!has_huge_number(br#"{"a\"12345678901234567890": 1}"#));
        assert!(has_huge_number(br#"{"a": 1234567890123456}"#));
    }
}
