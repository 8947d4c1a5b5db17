//! Recurrent networks of several sizes, plain and with each kind of policy that skips steps.

/// An LSTM, and a linear layer behind it where there are classes.
pub struct Skipping {
    size: &'static Size,
    policy: Policy,
}

struct Size {
    name: &'static str,
    input: usize,
    hidden: usize,
    classes: usize,
}

#[derive(Clone, Copy)]
enum Policy {
    None,
    Window,
    ThrRnn,
    Mlp,
}

const SIZES: [Size; 3] = [
    Size { name: "SkippingKws", input: 10, hidden: 118, classes: 12 },
    Size { name: "SkippingHar", input: 77, hidden: 179, classes: 0 },
    Size { name: "SkippingWide", input: 256, hidden: 256, classes: 0 },
];
const POLICIES: [Policy; 4] = [Policy::None, Policy::Window, Policy::ThrRnn, Policy::Mlp];
/// Inputs of a window.
const LENGTH: usize = 10;
/// Units of a predictor's hidden layers.
const UNITS: usize = 10;

/// All sizes with all policies.
pub fn models() -> impl Iterator<Item = Skipping> {
    SIZES.iter().flat_map(|size| POLICIES.map(|policy| Skipping { size, policy }))
}

impl Skipping {
    pub fn name(&self) -> String {
        let policy = match self.policy {
            Policy::None => "",
            Policy::Window => "Window",
            Policy::ThrRnn => "ThrRnn",
            Policy::Mlp => "Mlp",
        };
        format!("{}{policy}", self.size.name)
    }

    pub fn spec(&self) -> String {
        let Size { input, hidden, classes, .. } = self.size;
        let head = match classes {
            0 => String::new(),
            classes => format!("  - linear: {{name: classifier, units: {classes}}}\n"),
        };
        let policy = match self.policy {
            Policy::None => String::new(),
            Policy::Window => format!("window: {{name: skip, length: {LENGTH}, budget: {LENGTH}}}"),
            Policy::ThrRnn => "thr_rnn: {name: skip}".into(),
            Policy::Mlp => format!("predictor: {{mlp: {{name: skip, hidden_size: {UNITS}}}}}"),
        };
        let runtime = match self.policy {
            Policy::None => String::new(),
            _ => format!("runtime: {{skip: {{{policy}}}}}\n"),
        };
        let name = self.name();
        format!(
            "recurve: 1\n\
             name: {name}\n\
             weights: {name}.safetensors\n\
             input: {{features: {input}}}\n\
             layers:\n  \
               - lstm: {{name: rnn, hidden_size: {hidden}}}\n\
             {head}\
             output: every\n\
             {runtime}"
        )
    }

    /// Names and shapes.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let &Size { input, hidden, classes, .. } = self.size;
        let rows = 4 * hidden;
        let mut tensors = vec![
            ("rnn.weight_ih_l0", vec![rows, input]),
            ("rnn.weight_hh_l0", vec![rows, hidden]),
            ("rnn.bias_ih_l0", vec![rows]),
            ("rnn.bias_hh_l0", vec![rows]),
        ];
        if classes > 0 {
            tensors.push(("classifier.weight", vec![classes, hidden]));
            tensors.push(("classifier.bias", vec![classes]));
        }
        let (weight, bias) = ("skip.weight", "skip.bias");
        match self.policy {
            Policy::None => {}
            Policy::Window => tensors.extend([(weight, vec![LENGTH, hidden + 1]), (bias, vec![LENGTH])]),
            Policy::ThrRnn => tensors.extend([(weight, vec![1, hidden]), (bias, vec![1])]),
            Policy::Mlp => tensors.extend([
                ("skip.0.weight", vec![UNITS, input + hidden]),
                ("skip.0.bias", vec![UNITS]),
                ("skip.2.weight", vec![UNITS, UNITS]),
                ("skip.2.bias", vec![UNITS]),
                ("skip.4.weight", vec![1, UNITS]),
                ("skip.4.bias", vec![1]),
            ]),
        }
        tensors.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect()
    }

    /// The number that a tensor has in place of a random one.
    pub fn fixed(&self, tensor: &str) -> Option<f32> {
        // What a step adds is so little that at a threshold of 1 no second step is executed.
        (matches!(self.policy, Policy::ThrRnn) && tensor == "skip.bias").then_some(-20.0)
    }

    /// The numbers' largest magnitude.
    pub fn limit(&self) -> f32 {
        1.0 / (self.size.hidden as f32).sqrt()
    }
}
