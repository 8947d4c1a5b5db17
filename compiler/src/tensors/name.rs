//! The full names of a layer's tensors.

/// The name of `part` in the layer whose tensors have this prefix; without a prefix, `part` itself.
pub(crate) fn full_name(prefix: &str, part: &str) -> String {
    match prefix {
        "" => part.to_owned(),
        prefix => format!("{prefix}.{part}"),
    }
}

/// The start of the names of all tensors of the layer.
pub(super) fn start(prefix: &str) -> String {
    full_name(prefix, "")
}

/// What follows the layer's prefix in `name`, where `name` is of the layer.
pub(super) fn part_of<'a>(prefix: &str, name: &'a str) -> Option<&'a str> {
    match prefix {
        // A name with a dot or slash is of another layer.
        "" => (!name.contains(['.', '/'])).then_some(name),
        prefix => name.strip_prefix(prefix)?.strip_prefix(['.', '/']),
    }
}
