//! The catalogue: every kind of finding has one line here and one stable name.

use std::fmt;

macro_rules! codes {
    ($($name:ident $id:literal $explain:literal)*) => {
        /// The kind of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $explain] $name,)*
        }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &[Code] = &[$(Code::$name),*];

            /// The stable name, as in `error[unknown-key]`.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Code::$name => $id,)*
                }
            }

            /// What the code stands for, in one line.
            pub const fn explain(self) -> &'static str {
                match self {
                    $(Code::$name => $explain,)*
                }
            }
        }
    };
}

codes! {
    // The text of the spec.
    InvalidYaml "invalid-yaml" "the spec is not YAML, or uses a part of YAML that specs do not"
    TooDeep "too-deep" "the spec nests deeper than any spec needs to"
    TooLarge "too-large" "a file or the number of its values is beyond what recurve reads"
    AliasLoop "alias-loop" "an alias stands inside the value that it names"
    UnknownAlias "unknown-alias" "an alias names no anchor before it"
    DuplicateKey "duplicate-key" "a map has the same key twice"

    // The language.
    UnsupportedVersion "unsupported-version" "the spec is written in another version of the language"
    UnknownKey "unknown-key" "a map has a key that the language does not know"
    ConflictingKeys "conflicting-keys" "a map has two keys that exclude each other"
    MissingKey "missing-key" "a map lacks a key that it needs"
    WrongType "wrong-type" "a value is of another type than its key takes"
    OutOfRange "out-of-range" "a number is smaller or larger than its key takes"
    UnknownChoice "unknown-choice" "a word is none of the choices of its key"
    Empty "empty" "a text, list or map has nothing in it"
    InvalidName "invalid-name" "a name cannot be used where it is needed"
    DuplicateName "duplicate-name" "two layers have one name, or a layer and a policy"

    // The weights.
    UnreadableFile "unreadable-file" "a file that the spec names cannot be read"
    InvalidSafetensors "invalid-safetensors" "a file is not in the safetensors format"
    MissingTensor "missing-tensor" "a layer needs a tensor that no weights file has"
    UnusedTensor "unused-tensor" "the weights have a tensor that no layer uses"
    TensorShape "tensor-shape" "a tensor has another shape than its layer needs"
    TensorDtype "tensor-dtype" "a tensor has an element type that cannot be used here"
    TensorRounded "tensor-rounded" "the weights have float64 tensors, which are rounded to float32"
    NotFinite "not-finite" "a tensor has an infinite element or one that is not a number"
    TensorBoundTwice "tensor-bound-twice" "two layers use one tensor, or two files have it"
    GruVariant "gru-variant" "the shapes of a GRU's biases contradict its `reset`"
    ReverseDirection "reverse-direction" "a layer's directions and its tensors disagree"
    StackLevel "stack-level" "a layer's `num_layers` and its tensors disagree"
    ConventionLimit "convention-limit" "the convention has no tensors for what the layer asks"
    CompressionShape "compression-shape" "the parameters of a compression do not fit the matrix"
    MissingFit "missing-fit" "a file that `recurve fit` writes has not been made yet"
    StaleFit "stale-fit" "what `recurve fit` learned is not of this spec or of these weights"
    FitIsInput "fit-is-input" "the file that `recurve fit` writes is one that the spec reads"
    UnusedFit "unused-fit" "the spec names a fit file, and nothing in it is learned"

    // The model.
    TiedWeight "tied-weight" "a linear layer is tied to a table that cannot be its matrix"
    InputLayerMismatch "input-layer-mismatch" "the input and the first layers do not fit together"
    ResidualSize "residual-size" "a residual layer's input and output differ in size"
    SkipMisplaced "skip-misplaced" "the network is none whose steps can be skipped in this way"
    DualModuleMisplaced "dual-module-misplaced" "a dual module names a layer whose rows cannot be left out"
    DualModuleGain "dual-module-gain" "a dual module is not expected to make its layer faster"
    MaxSteps "max-steps" "`max_steps` and the directions of the layers disagree"

    // The golden trace.
    GoldenShape "golden-shape" "the golden trace has other shapes than the model"
    UnknownId "unknown-id" "the golden trace has an id that the vocabulary does not have"
    GoldenMismatch "golden-mismatch" "the model computes something else than the golden trace says"

    GoldenEmpty "golden-empty" "the golden trace has no step to compare"
    GoldenConstant "golden-constant" "nothing moves in the golden trace, so that nearly any network agrees with it"
    GoldenTooLong "golden-too-long" "one output of the golden trace takes longer to compute than compiling may"
    GoldenWeak "golden-weak" "the golden trace cannot tell the network from others"
    DeployedDiffers "deployed-differs" "fitting or rounding took the network far from its golden trace"
    Saturation "saturation" "numbers of a layer in `int16x8` are beyond their range"

    // The plan.
    OverBudget "over-budget" "the model breaks a limit of `target`"
    LargeState "large-state" "the model's state or working memory does not fit a usual stack"
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_distinct_and_kebab_case() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|code| code.id()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        for id in ids {
            assert!(
                id.split('-')
                    .all(|word| { !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()) })
            );
        }
    }
}
