//! In which order frameworks stack the gates of a cell.

use crate::spec::Convention;

/// For each gate in the canonical order, its place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Of `i f g o`.
    pub(crate) lstm: [usize; 4],
    /// Of `r z n`.
    pub(crate) gru: [usize; 3],
}

impl Orders {
    /// The orders of a convention.
    pub(crate) const fn of(convention: Convention) -> Orders {
        match convention {
            // i f g o and r z n
            Convention::Pytorch => Orders { lstm: [0, 1, 2, 3], gru: [0, 1, 2] },
            // i f c o and z r h
            Convention::Keras => Orders { lstm: [0, 1, 2, 3], gru: [1, 0, 2] },
            // i o f c and z r h
            Convention::Onnx => Orders { lstm: [0, 2, 3, 1], gru: [1, 0, 2] },
        }
    }
}

/// The gates in the order of the file, as letters: `i o f g`.
pub(crate) fn letters(order: &[usize]) -> String {
    let names = if order.len() == 4 { ["i", "f", "g", "o"].as_slice() } else { &["r", "z", "n"] };
    let mut in_file = vec![""; order.len()];
    for (&place, name) in order.iter().zip(names) {
        in_file[place] = name;
    }
    in_file.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_orders() {
        for (convention, lstm, gru) in [
            (Convention::Pytorch, "i f g o", "r z n"),
            (Convention::Keras, "i f g o", "z r n"),
            (Convention::Onnx, "i o f g", "z r n"),
        ] {
            let orders = Orders::of(convention);
            assert_eq!(letters(&orders.lstm), lstm);
            assert_eq!(letters(&orders.gru), gru);
        }
    }
}
