//! The layers a spec may list.

use super::read::{
    Bool, IfThere, Integer, Kind, Map, MapOf, OneKey, OneKeyOf, OneOf, Optional, OrEmpty, Required, Single,
    Text, Value, map,
};
use super::table::Table;
use super::{Activation, Compression, Nonlinearity, Precision, Reset, SIZE};
use crate::diagnostic::{Diagnostics, Spanned};

pub(super) const NAME: Text = Text {
    what: "a prefix of tensor names",
    end: Some(('.', "remove the dot at the end: it is added between prefix and tensor name")),
};
const EMBEDDING: Text = Text { what: "the name of an embedding", end: None };
/// A layer may be the whole file, whose tensors have no prefix.
pub(super) const PREFIX: OrEmpty = OrEmpty(NAME);
const LEVELS: Integer<usize> = Integer::new(1, 64);
const ANY_NONLINEARITY: OneOf<Nonlinearity> = OneOf::all();

map! {
    /// Long short-term memory. Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al.
    /// 2000.
    pub struct Lstm: "lstm" => {
        /// Prefix of its tensors: `lstm` finds `lstm.weight_ih_l0`, `""` finds `weight_ih_l0`.
        name: Spanned<String> = Required(PREFIX), example "lstm";
        /// Units of the state.
        hidden_size: Spanned<usize> = Required(SIZE), example "128";
        /// Numbers of a projection of the units, which is what the layer gives and remembers of them
        /// beside the cell state: fewer than `hidden_size`. Sak et al. 2014.
        proj_size: Option<Spanned<usize>> = Optional(SIZE), example "64";
        /// Levels of the stack; each takes the outputs of the one before.
        num_layers: Option<Spanned<usize>> = Optional(LEVELS), default "1", example "2";
        /// Runs over the sequence in both directions and gives both outputs side by side. The model
        /// then offers `run`, not `step`.
        bidirectional: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// Adds the input to the output of every level. Both need the same size.
        residual: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// Added to the forget gate's bias, for frameworks that add it at run time.
        forget_bias: Option<Spanned<f64>> = Optional(Single),
            default "0", example "1.0";
        /// How the numbers of the matrices are stored. Biases and states stay `f32`.
        precision: Option<Spanned<Precision>> = Optional(OneOf::all()), default "f32", example "int8";
        /// The form of the matrices, where they are not dense.
        compression: Option<Spanned<Compression>> = IfThere(OneKeyOf::new()),
            example "{kp: {matrices: recurrent}}";
    }
}

map! {
    /// Gated recurrent unit. Cho et al. 2014.
    pub struct Gru: "gru" => {
        /// Prefix of its tensors: `gru` finds `gru.weight_ih_l0`.
        name: Spanned<String> = Required(PREFIX), example "gru";
        /// Units of the state.
        hidden_size: Spanned<usize> = Required(SIZE), example "128";
        /// Where the reset gate is applied. Two variants of the GRU are in use and both fit the
        /// same weights; only the one that was trained computes what was trained.
        reset: Spanned<Reset> = Required(OneOf::all()), example "after",
            missing "`reset: after` is the GRU of PyTorch, cuDNN and Keras (`reset_after=True`, its default)\n\
                     `reset: before` is the GRU of Cho et al. 2014 (v1), of Keras' `reset_after=False` \
                     and of ONNX' default";
        /// Levels of the stack; each takes the outputs of the one before.
        num_layers: Option<Spanned<usize>> = Optional(LEVELS), default "1", example "2";
        /// Runs over the sequence in both directions and gives both outputs side by side. The model
        /// then offers `run`, not `step`.
        bidirectional: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// Adds the input to the output of every level. Both need the same size.
        residual: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// How the numbers of the matrices are stored. Biases and states stay `f32`.
        precision: Option<Spanned<Precision>> = Optional(OneOf::all()), default "f32", example "int8";
        /// The form of the matrices, where they are not dense.
        compression: Option<Spanned<Compression>> = IfThere(OneKeyOf::new()),
            example "{kp: {matrices: recurrent}}";
    }
}

map! {
    /// The simple recurrent network, `h' = f(W x + U h + b)`. Elman 1990.
    pub struct Rnn: "rnn" => {
        /// Prefix of its tensors: `rnn` finds `rnn.weight_ih_l0`.
        name: Spanned<String> = Required(PREFIX), example "rnn";
        /// Units of the state.
        hidden_size: Spanned<usize> = Required(SIZE), example "64";
        /// The `f` of the formula.
        nonlinearity: Option<Spanned<Nonlinearity>> = Optional(OneOf::first(2)),
            default "tanh", example "relu";
        /// Levels of the stack; each takes the outputs of the one before.
        num_layers: Option<Spanned<usize>> = Optional(LEVELS), default "1", example "2";
        /// Runs over the sequence in both directions and gives both outputs side by side. The model
        /// then offers `run`, not `step`.
        bidirectional: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// Adds the input to the output of every level. Both need the same size.
        residual: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// How the numbers of the matrices are stored. Biases and states stay `f32`.
        precision: Option<Spanned<Precision>> = Optional(OneOf::all()), default "f32", example "int8";
        /// The form of the matrices, where they are not dense.
        compression: Option<Spanned<Compression>> = IfThere(OneKeyOf::new()),
            example "{kp: {matrices: recurrent}}";
    }
}

map! {
    /// An RNN with a trained residual connection, `h' = alpha * f(W x + U h + b) + beta * h`.
    /// Kusupati et al. 2018.
    pub struct FastRnn: "fastrnn" => {
        /// Prefix of its tensors.
        name: Spanned<String> = Required(PREFIX), example "rnn";
        /// Units of the state.
        hidden_size: Spanned<usize> = Required(SIZE), example "64";
        /// Rank of the input matrix, where it is stored as two factors.
        input_rank: Option<Spanned<usize>> = Optional(SIZE), example "8", apart true;
        /// Rank of the recurrent matrix, where it is stored as two factors.
        recurrent_rank: Option<Spanned<usize>> = Optional(SIZE), example "8", apart true;
        /// The `f` of the formula.
        nonlinearity: Option<Spanned<Nonlinearity>> = Optional(ANY_NONLINEARITY),
            default "tanh", example "relu";
        /// Runs over the sequence in both directions and gives both outputs side by side. The model
        /// then offers `run`, not `step`.
        bidirectional: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// Adds the input to the output. Both need the same size.
        residual: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// How the numbers of the matrices are stored. Biases and states stay `f32`.
        precision: Option<Spanned<Precision>> = Optional(OneOf::all()), default "f32", example "int8";
        /// The form of the matrices, where they are not dense.
        compression: Option<Spanned<Compression>> = IfThere(OneKeyOf::new()),
            example "{kp: {matrices: recurrent}}";
    }
}

map! {
    /// A gated FastRNN whose gate shares its matrices: `p = W x + U h`, `z = f(p + b_gate)`,
    /// `h' = (zeta * (1 - z) + nu) * g(p + b_update) + z * h`. Kusupati et al. 2018.
    pub struct FastGrnn: "fastgrnn" => {
        /// Prefix of its tensors.
        name: Spanned<String> = Required(PREFIX), example "rnn";
        /// Units of the state.
        hidden_size: Spanned<usize> = Required(SIZE), example "64";
        /// Rank of the input matrix, where it is stored as two factors.
        input_rank: Option<Spanned<usize>> = Optional(SIZE), example "8", apart true;
        /// Rank of the recurrent matrix, where it is stored as two factors.
        recurrent_rank: Option<Spanned<usize>> = Optional(SIZE), example "8", apart true;
        /// The `f` of the formula.
        gate_nonlinearity: Option<Spanned<Nonlinearity>> = Optional(ANY_NONLINEARITY),
            default "sigmoid", example "quant_sigm";
        /// The `g` of the formula.
        update_nonlinearity: Option<Spanned<Nonlinearity>> = Optional(ANY_NONLINEARITY),
            default "tanh", example "quant_tanh";
        /// Runs over the sequence in both directions and gives both outputs side by side. The model
        /// then offers `run`, not `step`.
        bidirectional: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// Adds the input to the output. Both need the same size.
        residual: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
        /// How the numbers of the matrices are stored. Biases and states stay `f32`.
        precision: Option<Spanned<Precision>> = Optional(OneOf::all()), default "f32", example "int8";
        /// The form of the matrices, where they are not dense.
        compression: Option<Spanned<Compression>> = IfThere(OneKeyOf::new()),
            example "{kp: {matrices: recurrent}}";
    }
}

map! {
    /// A fully connected layer, `f(W x + b)`.
    pub struct Linear: "linear" => {
        /// Prefix of its tensors: `classifier` finds `classifier.weight`.
        name: Spanned<String> = Required(PREFIX), example "classifier";
        /// Numbers that it gives.
        units: Spanned<usize> = Required(SIZE), example "12";
        /// Name of the `embedding` whose table is this layer's matrix, with weight tying: `units` are the
        /// `tokens`, the input has `dim` numbers, and the table is stored once, in the `precision` of both.
        /// The bias stays the layer's own. Press & Wolf 2017.
        tied: Option<Spanned<String>> = Optional(EMBEDDING), example "embedding", apart true;
        /// The `f` of the formula.
        activation: Option<Spanned<Activation>> = Optional(OneOf::all()),
            default "none", example "softmax";
        /// How the numbers of the matrices are stored. Biases and states stay `f32`.
        precision: Option<Spanned<Precision>> = Optional(OneOf::all()), default "f32", example "int8";
    }
}

map! {
    /// A table with a row for every id; only the first layer of a model with `tokens` as input.
    pub struct Embedding: "embedding" => {
        /// Prefix of its tensor: `embedding` finds `embedding.weight`.
        name: Spanned<String> = Required(PREFIX), example "embedding";
        /// Numbers in a row.
        dim: Spanned<usize> = Required(SIZE), example "64";
        /// How the numbers of the table are stored.
        precision: Option<Spanned<Precision>> = Optional(OneOf::first(5)), default "f32", example "int8";
    }
}

macro_rules! layers {
    ($($(#[doc = $doc:literal])+ $layer:ident,)+) => {
        /// One entry of `layers`.
        #[derive(Debug, Clone)]
        pub enum Layer {
            $($(#[doc = $doc])+ $layer($layer),)+
        }

        impl OneKey for Layer {
            const NOUN: &'static str = "layer";

            fn tables() -> Vec<&'static Table> {
                vec![$($layer::table()),+]
            }

            fn read(value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
                $(if value.key == $layer::table().name {
                    return MapOf::<$layer>::new().read(value, diagnostics).map(Layer::$layer);
                })+
                None
            }
        }

        impl Layer {
            /// The prefix of the layer's tensors.
            pub fn name(&self) -> &Spanned<String> {
                match self {
                    $(Layer::$layer(layer) => &layer.name,)+
                }
            }

            /// The form of its matrices, where it says so.
            pub fn compression(&self) -> Option<&Spanned<Compression>> {
                match self {
                    Layer::Linear(_) | Layer::Embedding(_) => None,
                    Layer::Lstm(layer) => layer.compression.as_ref(),
                    Layer::Gru(layer) => layer.compression.as_ref(),
                    Layer::Rnn(layer) => layer.compression.as_ref(),
                    Layer::FastRnn(layer) => layer.compression.as_ref(),
                    Layer::FastGrnn(layer) => layer.compression.as_ref(),
                }
            }

            /// The same, to change it; `None` of a layer whose matrices have one form only.
            pub fn compression_mut(&mut self) -> Option<&mut Option<Spanned<Compression>>> {
                match self {
                    Layer::Linear(_) | Layer::Embedding(_) => None,
                    Layer::Lstm(layer) => Some(&mut layer.compression),
                    Layer::Gru(layer) => Some(&mut layer.compression),
                    Layer::Rnn(layer) => Some(&mut layer.compression),
                    Layer::FastRnn(layer) => Some(&mut layer.compression),
                    Layer::FastGrnn(layer) => Some(&mut layer.compression),
                }
            }

            /// How the numbers of the layer's matrices are stored, to change it.
            pub fn precision_mut(&mut self) -> &mut Option<Spanned<Precision>> {
                match self {
                    $(Layer::$layer(layer) => &mut layer.precision,)+
                }
            }

            /// How the numbers of the layer's matrices are stored, where it says so.
            pub fn precision(&self) -> Option<Spanned<Precision>> {
                match self {
                    $(Layer::$layer(layer) => layer.precision,)+
                }
            }
        }
    };
}

layers! {
    /// `lstm`.
    Lstm,
    /// `gru`.
    Gru,
    /// `rnn`.
    Rnn,
    /// `fastrnn`.
    FastRnn,
    /// `fastgrnn`.
    FastGrnn,
    /// `linear`.
    Linear,
    /// `embedding`.
    Embedding,
}
