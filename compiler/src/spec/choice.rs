//! Words that a spec chooses from.

use super::read::{Choice, choices};

choices! {
    /// Whose tensor names, gate orders and transposes the weights follow.
    pub enum Convention {
        /// PyTorch's `state_dict`.
        Pytorch = "pytorch",
        /// Keras' variables.
        Keras = "keras",
        /// ONNX' initialisers.
        Onnx = "onnx",
    }
}

choices! {
    /// What a sequence gives.
    pub enum Output {
        /// The sequence gives one vector, after its last step.
        Last = "last",
        /// Every step gives a vector.
        Every = "every",
    }
}

choices! {
    /// How the generated code computes `tanh`, `sigmoid` and the like.
    pub enum Activations {
        /// Approximations within 5e-7 of the exact value.
        Fast = "fast",
        /// Within one unit in the last place.
        Exact = "exact",
    }
}

choices! {
    /// What a cell applies to its sums, where it lets the user choose.
    pub enum Nonlinearity {
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// `max(x, 0)`.
        Relu = "relu",
        /// `1 / (1 + exp(-x))`.
        Sigmoid = "sigmoid",
        /// `clamp(x, -1, 1)`.
        QuantTanh = "quant_tanh",
        /// `clamp((x + 1) / 2, 0, 1)`.
        QuantSigm = "quant_sigm",
        /// `clamp((x + 2) / 4, 0, 1)`.
        QuantSigm4 = "quant_sigm4",
    }
}

choices! {
    /// What a linear layer applies to its sums.
    pub enum Activation {
        /// Nothing.
        None = "none",
        /// `1 / (1 + exp(-x))`.
        Sigmoid = "sigmoid",
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// `max(x, 0)`.
        Relu = "relu",
        /// Positive numbers that add up to 1.
        Softmax = "softmax",
    }
}

choices! {
    /// Where a GRU applies its reset gate.
    pub enum Reset {
        /// To the product with the hidden state: PyTorch, cuDNN, Keras' default
        /// (`reset_after=True`), ONNX' `linear_before_reset=1`.
        After = "after",
        /// To the hidden state itself: Cho et al. 2014 (v1), Keras' `reset_after=False`, ONNX'
        /// default.
        Before = "before",
    }
}

choices! {
    /// How the numbers of a matrix are stored.
    pub enum Precision {
        /// As they are.
        F32 = "f32",
        /// In IEEE 754's binary16: relative error up to 2^-11.
        F16 = "f16",
        /// In bfloat16: relative error up to 2^-9.
        Bf16 = "bf16",
        /// As integers of 8 bits with a scale for each row. From 32 columns on the vector is rounded to 8 bits too
        /// and products are added up in integers, and so is what a Kronecker product forms first with `B` where `C`
        /// has 4 to 16 columns; other matrices are widened.
        Int8 = "int8",
        /// As integers of 4 bits with a scale for each 32 numbers of a row.
        Int4 = "int4",
        /// As `int8`, for processors without a floating-point unit: the whole layer is computed in integers, with
        /// vectors and the cell state in 16 bits and `tanh`, `sigmoid` and the like from tables, on one thread.
        /// Biases are rounded too. Matrices have no `compression` but `input_rank` and `recurrent_rank`.
        Int16x8 = "int16x8",
    }
}

impl Precision {
    /// As a spec has it.
    pub fn word(self) -> &'static str {
        let place = Self::VALUES.iter().position(|value| *value == self);
        place.and_then(|place| Self::WORDS.get(place)).map_or("", |word| word.text)
    }
}
