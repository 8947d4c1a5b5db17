//! Policies that leave out whole time steps.

use super::layer::NAME;
use super::read::{
    Fraction, IfThere, Integer, Kind, ListOf, Map, MapOf, OneKey, OneOf, Optional, Required, Share, Value,
    choices, map,
};
use super::table::Table;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned};

const ID: Integer<u32> = Integer::new(0, u32::MAX as u64);
const LENGTH: Integer<usize> = Integer::new(1, 1024);
const COUNT: Integer<usize> = Integer::new(0, 1 << 20);

choices! {
    /// What stands for the time in the importance of a window's inputs.
    pub enum Time {
        /// How many windows began before this one.
        Windows = "windows",
        /// How many steps went by since the last executed one, or since the start.
        SinceUpdate = "since_update",
    }
}

choices! {
    /// How the change of the last recurrent layer's hidden vector is measured.
    pub enum Change {
        /// The Euclidean length of the difference.
        L2 = "l2",
        /// One less the cosine of the angle between the two.
        Cosine = "cosine",
    }
}

map! {
    /// At most so many steps of each window of inputs, those that a trained gate finds most important before the
    /// window begins. Mayet et al. 2021 (SkipW).
    pub struct Window: "window" => {
        /// Prefix of the gate's tensors.
        name: Spanned<String> = Required(NAME), example "skip";
        /// Inputs of a window, `L`.
        length: Spanned<usize> = Required(LENGTH), example "10";
        /// Steps of a window that may be executed, `K`, until the program changes it.
        budget: Spanned<usize> = Required(COUNT), example "5";
        /// The least importance of an executed input, until the program changes it. At 0 exactly `budget` steps
        /// of each window are executed.
        threshold: Option<Spanned<f64>> = IfThere(Fraction), default "0.5", example "0.5";
        /// What the last column of the gate multiplies.
        time: Option<Spanned<Time>> = IfThere(OneOf::all()), default "windows", example "since_update";
    }
}

map! {
    /// A trained gate decides after each executed step how many it skips. Campos et al. 2018 (Skip RNN).
    pub struct SkipRnn: "skip_rnn" => {
        /// Prefix of the gate's tensors.
        name: Spanned<String> = Required(NAME), example "skip";
    }
}

map! {
    /// The same with a threshold that the program may change: the higher, the more it skips. Lambert et al. 2020
    /// (ThrRNN).
    pub struct ThrRnn: "thr_rnn" => {
        /// Prefix of the gate's tensors.
        name: Spanned<String> = Required(NAME), example "skip";
        /// What has to come together for a step to be executed, until the program changes it.
        threshold: Option<Spanned<f64>> = IfThere(Fraction), default "0.5", example "0.7";
    }
}

map! {
    /// Logistic regression on the input and the hidden state.
    pub struct Logistic: "logistic" => {
        /// Prefix of the predictor's tensors.
        name: Spanned<String> = Required(NAME), example "skip";
        /// The least score of an executed step, until the program changes it; without it, what `recurve fit`
        /// found best.
        threshold: Option<Spanned<f64>> = IfThere(Fraction), example "0.5";
        /// How `recurve fit` measures what a step changes.
        change: Option<Spanned<Change>> = IfThere(OneOf::all()), default "l2", example "cosine";
        /// The share of steps, those of the least change, that `recurve fit` teaches to skip.
        quantile: Option<Spanned<f64>> = IfThere(Share), default "0.5", example "0.4";
    }
}

map! {
    /// A network with two hidden layers of rectified units on the input and the hidden state.
    pub struct Mlp: "mlp" => {
        /// Prefix of the predictor's tensors.
        name: Spanned<String> = Required(NAME), example "skip";
        /// The least score of an executed step, until the program changes it; without it, what `recurve fit`
        /// found best.
        threshold: Option<Spanned<f64>> = IfThere(Fraction), example "0.5";
        /// Units of each hidden layer.
        hidden_size: Option<Spanned<usize>> = IfThere(Integer::new(1, 256)), default "10", example "10";
        /// How `recurve fit` measures what a step changes.
        change: Option<Spanned<Change>> = IfThere(OneOf::all()), default "l2", example "cosine";
        /// The share of steps, those of the least change, that `recurve fit` teaches to skip.
        quantile: Option<Spanned<f64>> = IfThere(Share), default "0.5", example "0.4";
    }
}

map! {
    /// A decision tree on the input and the hidden state.
    pub struct Tree: "tree" => {
        /// Prefix of the predictor's tensors.
        name: Spanned<String> = Required(NAME), example "skip";
        /// The least score of an executed step, until the program changes it; without it, what `recurve fit`
        /// found best.
        threshold: Option<Spanned<f64>> = IfThere(Fraction), example "0.5";
        /// Comparisons on the longest way through the tree that `recurve fit` grows.
        depth: Option<Spanned<usize>> = IfThere(Integer::new(1, 12)), default "6", example "8";
        /// How `recurve fit` measures what a step changes.
        change: Option<Spanned<Change>> = IfThere(OneOf::all()), default "l2", example "cosine";
        /// The share of steps, those of the least change, that `recurve fit` teaches to skip.
        quantile: Option<Spanned<f64>> = IfThere(Share), default "0.5", example "0.4";
    }
}

map! {
    /// A random forest on the input and the hidden state; its trees' scores are averaged.
    pub struct Forest: "forest" => {
        /// Prefix of the predictor's tensors.
        name: Spanned<String> = Required(NAME), example "skip";
        /// The least score of an executed step, until the program changes it; without it, what `recurve fit`
        /// found best.
        threshold: Option<Spanned<f64>> = IfThere(Fraction), example "0.5";
        /// Trees that `recurve fit` grows.
        trees: Option<Spanned<usize>> = IfThere(Integer::new(1, 64)), default "10", example "10";
        /// Comparisons on the longest way through one of them.
        depth: Option<Spanned<usize>> = IfThere(Integer::new(1, 12)), default "6", example "8";
        /// How `recurve fit` measures what a step changes.
        change: Option<Spanned<Change>> = IfThere(OneOf::all()), default "l2", example "cosine";
        /// The share of steps, those of the least change, that `recurve fit` teaches to skip.
        quantile: Option<Spanned<f64>> = IfThere(Share), default "0.5", example "0.4";
    }
}

map! {
    /// Only the two ends of a sequence are read. A baseline of Tao et al. 2019.
    pub struct Concat: "concat" => {
        /// Inputs at the start.
        first: Spanned<usize> = Required(COUNT), example "20";
        /// Inputs at the end.
        last: Spanned<usize> = Required(COUNT), example "20";
    }
}

map! {
    /// Ids that are never read. A baseline of Tao et al. 2019.
    pub struct StopTokens: "stop_tokens" => {
        /// The ids.
        tokens: Vec<Option<Spanned<u32>>> = Required(ListOf(ID)), example "[3, 17, 42]";
    }
}

/// What decides whether a step of a network that was trained without is worth its cost. Tao et al. 2019.
#[derive(Debug, Clone)]
pub enum Predictor {
    /// `logistic`.
    Logistic(Logistic),
    /// `mlp`.
    Mlp(Mlp),
    /// `tree`.
    Tree(Tree),
    /// `forest`.
    Forest(Forest),
}

impl Predictor {
    /// The prefix of its tensors.
    pub fn name(&self) -> &Spanned<String> {
        match self {
            Predictor::Logistic(it) => &it.name,
            Predictor::Mlp(it) => &it.name,
            Predictor::Tree(it) => &it.name,
            Predictor::Forest(it) => &it.name,
        }
    }

    /// The least score of an executed step, where the spec says so.
    pub fn threshold(&self) -> Option<Spanned<f64>> {
        match self {
            Predictor::Logistic(it) => it.threshold,
            Predictor::Mlp(it) => it.threshold,
            Predictor::Tree(it) => it.threshold,
            Predictor::Forest(it) => it.threshold,
        }
    }

    /// Units of each hidden layer of an `mlp`.
    pub fn hidden_size(&self) -> usize {
        match self {
            Predictor::Mlp(Mlp { hidden_size, .. }) => hidden_size.map_or(10, |units| units.value),
            Predictor::Logistic(_) | Predictor::Tree(_) | Predictor::Forest(_) => 10,
        }
    }

    /// Comparisons on the longest way through a tree.
    pub fn depth(&self) -> usize {
        match self {
            Predictor::Tree(Tree { depth, .. }) | Predictor::Forest(Forest { depth, .. }) => {
                depth.map_or(6, |depth| depth.value)
            }
            Predictor::Logistic(_) | Predictor::Mlp(_) => 6,
        }
    }

    /// Trees of a `forest`.
    pub fn trees(&self) -> usize {
        match self {
            Predictor::Forest(Forest { trees, .. }) => trees.map_or(10, |trees| trees.value),
            Predictor::Logistic(_) | Predictor::Mlp(_) | Predictor::Tree(_) => 1,
        }
    }

    /// How a step's change is measured, and the share of steps that are labelled as skipped.
    pub fn labels(&self) -> (Change, f64) {
        let (change, quantile) = match self {
            Predictor::Logistic(it) => (it.change, it.quantile),
            Predictor::Mlp(it) => (it.change, it.quantile),
            Predictor::Tree(it) => (it.change, it.quantile),
            Predictor::Forest(it) => (it.change, it.quantile),
        };
        (change.map_or(Change::L2, |it| it.value), quantile.map_or(0.5, |it| it.value))
    }
}

map! {
    /// A predictor beside a network that was trained without one: a step whose score is below the threshold is
    /// skipped. Tao et al. 2019. Its tensors are in the weights, or `recurve fit` learns them.
    pub struct PredictorForms: "predictor", one_of ["mlp", "logistic", "tree", "forest"] => {
        /// Two hidden layers.
        mlp: Option<Mlp> = Optional(MapOf::new()), example "{name: skip}";
        /// Logistic regression.
        logistic: Option<Logistic> = Optional(MapOf::new()), example "{name: skip}";
        /// A decision tree.
        tree: Option<Tree> = Optional(MapOf::new()), example "{name: skip, depth: 6}";
        /// A random forest.
        forest: Option<Forest> = Optional(MapOf::new()), example "{name: skip, trees: 10}";
    }
}

impl PredictorForms {
    /// The one that is there.
    fn only(self) -> Option<Predictor> {
        let mlp = self.mlp.map(Predictor::Mlp);
        let others = [
            self.logistic.map(Predictor::Logistic),
            self.tree.map(Predictor::Tree),
            self.forest.map(Predictor::Forest),
        ];
        mlp.into_iter().chain(others.into_iter().flatten()).next()
    }
}

/// Which time steps are executed; the others leave the state and the output as they are.
#[derive(Debug, Clone)]
pub enum Skip {
    /// `window`.
    Window(Window),
    /// `skip_rnn`.
    SkipRnn(SkipRnn),
    /// `thr_rnn`.
    ThrRnn(ThrRnn),
    /// `predictor`.
    Predictor(Spanned<Predictor>),
    /// `stop_tokens`.
    StopTokens(StopTokens),
    /// `concat`.
    Concat(Concat),
}

impl Skip {
    /// The prefix of the tensors that decide, where there are some.
    pub fn name(&self) -> Option<&Spanned<String>> {
        match self {
            Skip::Window(it) => Some(&it.name),
            Skip::SkipRnn(it) => Some(&it.name),
            Skip::ThrRnn(it) => Some(&it.name),
            Skip::Predictor(it) => Some(it.name()),
            Skip::StopTokens(_) | Skip::Concat(_) => None,
        }
    }

    /// Its key in a spec.
    pub fn key(&self) -> &'static str {
        match self {
            Skip::Window(_) => "window",
            Skip::SkipRnn(_) => "skip_rnn",
            Skip::ThrRnn(_) => "thr_rnn",
            Skip::Predictor(_) => "predictor",
            Skip::StopTokens(_) => "stop_tokens",
            Skip::Concat(_) => "concat",
        }
    }
}

impl OneKey for Skip {
    const NOUN: &'static str = "skip method";
    const IN_LIST: bool = false;

    fn tables() -> Vec<&'static Table> {
        vec![
            Window::table(),
            SkipRnn::table(),
            ThrRnn::table(),
            PredictorForms::table(),
            StopTokens::table(),
            Concat::table(),
        ]
    }

    fn read(value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        match value.key {
            "window" => {
                let window: Window = MapOf::new().read(value, diagnostics)?;
                check_budget(&window, diagnostics).then_some(Skip::Window(window))
            }
            "skip_rnn" => MapOf::new().read(value, diagnostics).map(Skip::SkipRnn),
            "thr_rnn" => MapOf::new().read(value, diagnostics).map(Skip::ThrRnn),
            "predictor" => MapOf::<PredictorForms>::new()
                .read(value, diagnostics)?
                .only()
                .map(|form| Skip::Predictor(Spanned::new(form, value.at))),
            "stop_tokens" => MapOf::new().read(value, diagnostics).map(Skip::StopTokens),
            _ => {
                let concat: Concat = MapOf::new().read(value, diagnostics)?;
                check_ends(&concat, diagnostics).then_some(Skip::Concat(concat))
            }
        }
    }
}

fn check_budget(window: &Window, diagnostics: &mut Diagnostics) -> bool {
    let (budget, length) = (window.budget, window.length);
    if budget.value <= length.value {
        return true;
    }
    let message = format!("`budget` is {}, and a window has {} inputs", budget.value, length.value);
    diagnostics.push(
        Diagnostic::error(Code::OutOfRange, budget.span, message)
            .related(length.span, "the window's inputs")
            .help(format!("expected 0 to {}", length.value)),
    );
    false
}

fn check_ends(concat: &Concat, diagnostics: &mut Diagnostics) -> bool {
    if concat.first.value + concat.last.value > 0 {
        return true;
    }
    let message = "`first` and `last` are both 0: no input would be read";
    diagnostics.push(
        Diagnostic::error(Code::OutOfRange, concat.last.span, message)
            .related(concat.first.span, "first here"),
    );
    false
}
