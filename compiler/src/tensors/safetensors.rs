//! One safetensors file: its tensors by name, none of them decoded.

use std::collections::BTreeMap;
use std::ops::Range;

use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::header::{Fault, LENGTH, check_header};
use crate::diagnostic::{Code, Diagnostic, Spanned, quoted};
use crate::files::Files;

/// A file whose header is read and checked against its length.
#[derive(Debug)]
pub(crate) struct File {
    bytes: Vec<u8>,
    /// In the order of their data.
    pub(crate) tensors: Vec<Tensor>,
    /// What the file says of itself.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A tensor that still lies in its file.
#[derive(Debug, Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    data: Range<usize>,
}

/// Reads the file that the spec names, or says why it cannot be used.
pub(crate) fn read_file(files: &dyn Files, path: &Spanned<String>) -> Result<File, Diagnostic> {
    let bytes = files.read(path).map_err(|error| {
        Diagnostic::error(Code::UnreadableFile, path.span, format!("cannot read {}: {error}", quoted(path)))
            .help("paths are relative to the spec")
    })?;
    File::parse(bytes).map_err(|fault| {
        let message = format!("{} is not a safetensors file: {}", quoted(path), fault.what);
        let error = Diagnostic::error(Code::InvalidSafetensors, path.span, message);
        match fault.help {
            Some(help) => error.help(help),
            None => error,
        }
    })
}

impl File {
    fn parse(bytes: Vec<u8>) -> Result<File, Fault> {
        check_header(&bytes)?;
        let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| describe(&error))?;
        let start = LENGTH + header;
        let tensors = metadata
            .offset_keys()
            .into_iter()
            .filter_map(|name| {
                let info = metadata.info(&name)?;
                let (from, to) = info.data_offsets;
                let data = start + from..start + to;
                bytes.get(data.clone())?;
                Some(Tensor { dtype: info.dtype, shape: info.shape.clone(), name, data })
            })
            .collect();
        let metadata = metadata.metadata().iter().flatten();
        let metadata = metadata.map(|(key, value)| (key.clone(), value.clone())).collect();
        Ok(File { bytes, tensors, metadata })
    }

    /// The bytes of one of this file's tensors.
    pub(crate) fn data(&self, tensor: &Tensor) -> &[u8] {
        &self.bytes[tensor.data.clone()]
    }

    /// The tensor of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

/// The name that frameworks use for an element type.
pub(crate) fn dtype_name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F16 => "float16",
        Dtype::BF16 => "bfloat16",
        Dtype::F32 => "float32",
        Dtype::F64 => "float64",
        Dtype::BOOL => "bool",
        Dtype::U8 => "uint8",
        Dtype::I8 => "int8",
        Dtype::U16 => "uint16",
        Dtype::I16 => "int16",
        Dtype::U32 => "uint32",
        Dtype::I32 => "int32",
        Dtype::U64 => "uint64",
        Dtype::I64 => "int64",
        Dtype::C64 => "complex64",
        _ => "a float of 8 bits or less",
    }
}

fn describe(error: &SafeTensorError) -> Fault {
    let damaged = "the file may be damaged: write it again";
    let (what, help) = match error {
        SafeTensorError::MetadataIncompleteBuffer => (
            "its header describes more or fewer bytes of data than follow".to_owned(),
            "the file may be truncated",
        ),
        SafeTensorError::InvalidOffset(name) => {
            (format!("the data of {} overlaps other data or leaves a gap", quoted(name)), damaged)
        }
        SafeTensorError::TensorInvalidInfo => {
            ("the shape and the data of a tensor differ in length".to_owned(), damaged)
        }
        error => {
            let text = error.to_string();
            // The list of what would be right is longer than everything else.
            let text = text.split(", expected one of").next().unwrap_or_default();
            let text = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            (text.take(200).collect(), damaged)
        }
    };
    Fault { what, help: Some(help) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensors::fixtures::Tensors;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    fn fault(bytes: Vec<u8>) -> String {
        File::parse(bytes).expect_err("a fault").what
    }

    #[test]
    fn reads_what_the_crate_wrote() {
        let bytes = Tensors::new().floats("b", &[2], &[1.0, 2.0]).floats("a", &[], &[3.0]).bytes();
        let file = File::parse(bytes).expect("a file");
        let tensor = file.get("b").expect("b");
        assert_eq!(tensor.shape, [2]);
        assert_eq!(file.data(tensor), [0, 0, 128, 63, 0, 0, 0, 64]);
        assert!(file.get("c").is_none());
    }

    #[test]
    fn broken_files_are_told_apart() {
        for (bytes, expected) in [
            (vec![], "empty"),
            (vec![1, 2], "has 2 bytes"),
            (u64::MAX.to_le_bytes().to_vec(), "announces a header of 18446744073709551615"),
            (file("{", 0), "JSON"),
            (file("", 0), "JSON"),
            (vec![2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe], "UTF-8"),
            (file(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4), "more or fewer"),
            (file(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9), "more or fewer"),
            (file(r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8), "differ in length"),
            (file(r#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, 8), "unknown variant"),
            (
                file(
                    r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                    4,
                ),
                "overlaps",
            ),
            (
                file(
                    r#"{"a":{"dtype":"U8","shape":[2305843009213693951],"data_offsets":[0,2305843009213693951]}}"#,
                    0,
                ),
                "beyond 10^15",
            ),
            (
                file(
                    r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
                    8,
                ),
                "has `a` twice",
            ),
            (b"PK\x03\x04rest".to_vec(), "zip"),
            (b"\x89HDF\r\n\x1a\n".to_vec(), "HDF5"),
        ] {
            let found = fault(bytes);
            assert!(found.contains(expected), "{found:?} lacks {expected:?}");
        }
    }

    #[test]
    fn deep_json_is_refused() {
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(fault(file(&deep, 0)).contains("recursion"));
    }
}
