//! Kinds of other readings.

/// Property in which a reading differs, the likely and cheap ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Activation,
    Variant,
    ForgetBias,
    Norm,
    Residual,
    Bias,
    InitialState,
    Directions,
    Padding,
    Carried,
    FinalStep,
    Skip,
    Backwards,
    HardGates,
    /// An order of the gates that a framework has.
    KnownOrder,
    MemoryOrder,
    Scale,
    /// Any other order of the gates.
    Order,
}

impl Group {
    /// How a help lists what was tried.
    pub(super) fn label(self) -> &'static str {
        match self {
            Group::Activation => "activations",
            Group::Variant => "variants",
            Group::ForgetBias => "forget biases",
            Group::Norm => "norms",
            Group::Residual => "residuals",
            Group::Bias => "biases",
            Group::InitialState => "initial states",
            Group::Directions => "directions",
            Group::Padding => "padding",
            Group::Carried => "carried states",
            Group::FinalStep => "final steps",
            Group::Skip => "skip connections",
            Group::Backwards => "reversed time",
            Group::HardGates => "`hard_sigmoid` gates",
            Group::KnownOrder | Group::Order => "gate orders",
            Group::MemoryOrder => "memory orders",
            Group::Scale => "scaled inputs",
        }
    }
}
