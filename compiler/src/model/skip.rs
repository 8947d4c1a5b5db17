//! Which time steps are executed.

use super::max_steps::levels;
use super::resolve::{Scope, size};
use super::{Dense, Layer, Model, Recurrent};
use crate::diagnostic::{Code, Diagnostic, Spanned, quoted};
use crate::spec::{self, InputKind, Output, Time};
use crate::tensors::{Dim, PredictorTarget, cutoff, linear, mlp, trees};

/// What decides whether a step is executed. A step that is not leaves every state and the last output as they are.
#[derive(Debug, Clone)]
pub enum Skip {
    /// SkipW.
    Window(Window),
    /// Skip RNN and ThrRNN.
    SkipRnn(SkipRnn),
    /// A predictor beside a network that was trained without.
    Predictor(Predictor),
    /// Ids that are never read, in ascending order.
    StopTokens(Vec<u32>),
    /// The two ends of a sequence alone.
    Concat(Ends),
}

/// `W v + b`
#[derive(Debug, Clone)]
pub struct Affine {
    /// `W`.
    pub weight: Dense,
    /// `b`.
    pub bias: Vec<f32>,
}

/// Of each window of inputs the most important ones, `sigmoid(W [s; time] + b)` with the state `s` before the
/// window. Mayet et al. 2021.
#[derive(Debug, Clone)]
pub struct Window {
    /// `[length, hidden + 1]`.
    pub gate: Affine,
    /// The last column's factor.
    pub time: Time,
    /// How many of a window at most.
    pub budget: usize,
    /// The least importance of an executed input.
    pub threshold: f32,
}

/// Steps whose increments, `sigmoid(w s + b)` of the state `s` that the last executed step left, have come to the
/// threshold. Campos et al. 2018, Lambert et al. 2020.
#[derive(Debug, Clone)]
pub struct SkipRnn {
    /// `[1, hidden]`.
    pub gate: Affine,
    /// What the increments have to come to.
    pub threshold: f32,
    /// Whether the program may change the threshold.
    pub adjustable: bool,
}

/// Inputs whose score, from `[x; h]`, reaches the threshold. Tao et al. 2019.
#[derive(Debug, Clone)]
pub struct Predictor {
    /// What gives the score.
    pub form: Score,
    /// The least score of an executed step.
    pub threshold: f32,
}

/// What gives the score of a predictor, from `[x; h]`.
#[derive(Debug, Clone)]
pub enum Score {
    /// `sigmoid(W v + b)`.
    Logistic(Affine),
    /// Two layers of rectified units, then a sigmoid.
    Mlp(Box<[Affine; 3]>),
    /// The average of trees.
    Trees(Vec<Vec<Node>>),
}

/// A node of a decision tree. A leaf has itself on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// The place in `[x; h]` that is compared.
    pub feature: usize,
    /// What is at most this goes left.
    pub threshold: f32,
    /// Nodes of the same tree.
    pub left: usize,
    /// Nodes of the same tree.
    pub right: usize,
    /// The score that a way which ends here gives.
    pub value: f32,
}

/// How many inputs are read at each end of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Inputs at the start.
    pub first: usize,
    /// Inputs at the end.
    pub last: usize,
}

impl Ends {
    /// Whether a step of a sequence of this length is read.
    pub fn reads(&self, step: usize, length: usize) -> bool {
        step < self.first || length - step <= self.last
    }
}

impl Window {
    /// Steps of a window.
    pub fn length(&self) -> usize {
        self.gate.bias.len()
    }
}

impl Skip {
    /// Steps that a decision is about.
    pub fn steps_per_decision(&self) -> usize {
        match self {
            Skip::Window(window) => window.length().max(1),
            Skip::SkipRnn(_) | Skip::Predictor(_) | Skip::StopTokens(_) | Skip::Concat(_) => 1,
        }
    }

    /// The most of all steps that are executed: what a window's budget allows, and everything where the input decides.
    pub fn most_executed(&self) -> f64 {
        match self {
            Skip::Window(window) => {
                let length = window.length().max(1);
                window.budget.min(length) as f64 / length as f64
            }
            Skip::SkipRnn(_) | Skip::Predictor(_) | Skip::StopTokens(_) | Skip::Concat(_) => 1.0,
        }
    }

    /// Multiply-accumulates of a decision.
    pub fn macs(&self) -> u64 {
        self.affines().iter().map(|affine| affine.weight.data.len() as u64).sum()
    }

    /// Trained numbers; of a tree, two for each comparison and one for each leaf.
    pub fn parameters(&self) -> u64 {
        let affines = self.affines();
        let affine = affines.iter().map(|affine| affine.weight.data.len() + affine.bias.len()).sum::<usize>();
        let of_tree = |tree: &Vec<Node>| {
            tree.iter().enumerate().map(|(at, node)| if node.left == at { 1 } else { 2 }).sum::<usize>()
        };
        let trees = match self {
            Skip::Predictor(Predictor { form: Score::Trees(trees), .. }) => trees.iter().map(of_tree).sum(),
            Skip::Window(_)
            | Skip::SkipRnn(_)
            | Skip::Predictor(Predictor { form: Score::Logistic(_) | Score::Mlp(_), .. })
            | Skip::StopTokens(_)
            | Skip::Concat(_) => 0,
        };
        (affine + trees) as u64
    }

    /// What is multiplied for a decision.
    pub fn affines(&self) -> &[Affine] {
        match self {
            Skip::Window(window) => std::slice::from_ref(&window.gate),
            Skip::SkipRnn(skip) => std::slice::from_ref(&skip.gate),
            Skip::Predictor(predictor) => match &predictor.form {
                Score::Logistic(affine) => std::slice::from_ref(affine),
                Score::Mlp(layers) => &layers[..],
                Score::Trees(_) => &[],
            },
            Skip::StopTokens(_) | Skip::Concat(_) => &[],
        }
    }
}

impl Model {
    /// The last recurrent level, whose state gates and predictors read.
    pub fn last_recurrent(&self) -> Option<&Recurrent> {
        self.layers.iter().rev().find_map(|layer| match layer {
            Layer::Recurrent(level) => Some(level),
            Layer::Embedding(_) | Layer::Linear(_) => None,
        })
    }

    /// Numbers of what the first layer behind an embedding reads: the input, or the row of its id.
    pub fn read_size(&self) -> usize {
        match self.layers.first() {
            Some(Layer::Embedding(embedding)) => embedding.dim(),
            _ => self.input_size(),
        }
    }
}

/// Resolves `skip` for the layers resolved before; the outer `None` after an error, the inner one where
/// `recurve fit` has to learn it first.
pub(super) fn resolve(
    skip: &Spanned<spec::Skip>,
    model: &Model,
    scope: &mut Scope<'_>,
) -> Option<Option<Skip>> {
    let method = skip.key();
    if model.is_bidirectional() {
        let message =
            format!("`{method}` skips steps, and a bidirectional network reads all of a sequence twice");
        let layer =
            scope.spec.layers.iter().flatten().find(|layer| matches!(levels(&layer.value), Some((_, true))));
        let mut error = Diagnostic::error(Code::SkipMisplaced, skip.span, message);
        if let Some(layer) = layer {
            error = error.related(layer.span, "this layer is bidirectional");
        }
        scope.fail(error.help("remove `skip`, or read forward alone"));
        return None;
    }
    let Some(level) = model.last_recurrent() else {
        let message = format!("`{method}` skips steps of recurrent layers, and there is none");
        scope.fail(Diagnostic::error(Code::SkipMisplaced, skip.span, message).help("remove `skip`"));
        return None;
    };
    let (hidden, units) = (level.forward.hidden_size(), level.forward.units());
    match &skip.value {
        spec::Skip::Window(window) => {
            let rows = Dim::Of(1, size("length", window.length));
            let gate = affine(scope, skip, &window.name, &rows, units)?;
            Some(Some(Skip::Window(Window {
                gate,
                time: window.time.map_or(Time::Windows, |time| time.value),
                budget: window.budget.value,
                threshold: window.threshold.map_or(0.5, |threshold| threshold.value) as f32,
            })))
        }
        spec::Skip::SkipRnn(it) => {
            let gate = affine(scope, skip, &it.name, &Dim::Exactly(1), units)?;
            Some(Some(Skip::SkipRnn(SkipRnn { gate, threshold: 0.5, adjustable: false })))
        }
        spec::Skip::ThrRnn(it) => {
            let gate = affine(scope, skip, &it.name, &Dim::Exactly(1), units)?;
            let threshold = it.threshold.map_or(0.5, |threshold| threshold.value) as f32;
            Some(Some(Skip::SkipRnn(SkipRnn { gate, threshold, adjustable: true })))
        }
        spec::Skip::Predictor(predictor) => {
            self::predictor(scope, skip, predictor, [model.read_size(), hidden])
        }
        spec::Skip::StopTokens(stop) => stop_tokens(scope, skip, stop).map(Some),
        spec::Skip::Concat(concat) => {
            if model.output == Output::Every {
                let message =
                    "`concat` reads the ends of a sequence, and `output: every` wants an output at each step";
                scope.fail(
                    Diagnostic::error(Code::SkipMisplaced, skip.span, message).help("write `output: last`"),
                );
                return None;
            }
            Some(Some(Skip::Concat(Ends { first: concat.first.value, last: concat.last.value })))
        }
    }
}

fn affine(
    scope: &mut Scope<'_>,
    skip: &Spanned<spec::Skip>,
    name: &Spanned<String>,
    rows: &Dim,
    hidden: usize,
) -> Option<Affine> {
    let (columns, time) = match skip.value {
        spec::Skip::Window(_) => (hidden + 1, " and the time behind it,"),
        spec::Skip::SkipRnn(_)
        | spec::Skip::ThrRnn(_)
        | spec::Skip::Predictor(_)
        | spec::Skip::StopTokens(_)
        | spec::Skip::Concat(_) => (hidden, ""),
    };
    let hint = format!("the gate reads the state of {hidden} numbers{time} and was trained with the network");
    let mut binder = scope.policy_binder(name, skip.span, hint);
    let bound = linear(&mut binder, &Dim::Exactly(columns), rows);
    let complete = binder.finish();
    let (weight, bias) = scope.finished(complete, bound)?;
    Some(Affine { weight, bias })
}

fn predictor(
    scope: &mut Scope<'_>,
    skip: &Spanned<spec::Skip>,
    predictor: &Spanned<spec::Predictor>,
    [read, hidden]: [usize; 2],
) -> Option<Option<Skip>> {
    let name = predictor.name();
    let columns = read + hidden;
    let hint = format!(
        "it reads the {read} numbers of an input and the {hidden} of the hidden vector; where the weights have none, \
         name a file with `fit` and `recurve fit` learns it"
    );
    let mut binder = scope.policy_binder(name, skip.span, hint);
    if binder.learns(&format!("{}.", name.value)) {
        binder.note_predictor(PredictorTarget::new(&predictor.value, columns, skip.span));
        let complete = binder.finish();
        return scope.finished(complete, Some(None));
    }
    let columns = Dim::Exactly(columns);
    let form = match &predictor.value {
        spec::Predictor::Logistic(_) => linear(&mut binder, &columns, &Dim::Exactly(1))
            .map(|(weight, bias)| Score::Logistic(Affine { weight, bias })),
        spec::Predictor::Mlp(it) => {
            let units =
                it.hidden_size.map_or(Dim::Exactly(10), |units| Dim::Of(1, size("hidden_size", units)));
            mlp(&mut binder, &columns, &units)
                .map(|layers| Score::Mlp(Box::new(layers.map(|(weight, bias)| Affine { weight, bias }))))
        }
        spec::Predictor::Tree(_) => trees(&mut binder, columns.value()?, Some(1)).map(Score::Trees),
        spec::Predictor::Forest(_) => trees(&mut binder, columns.value()?, None).map(Score::Trees),
    };
    let found = cutoff(&mut binder);
    let complete = binder.finish();
    let form = scope.finished(complete, form)?;
    let given = predictor.threshold().map(|threshold| threshold.value as f32);
    let threshold = given.or(found).unwrap_or(0.5);
    Some(Some(Skip::Predictor(Predictor { form, threshold })))
}

fn stop_tokens(scope: &mut Scope<'_>, skip: &Spanned<spec::Skip>, stop: &spec::StopTokens) -> Option<Skip> {
    let InputKind::Tokens(tokens) = &scope.spec.input.kind else {
        let message = "`stop_tokens` are ids, and the input is `features`";
        scope.fail(Diagnostic::error(Code::SkipMisplaced, skip.span, message).help("remove `skip`"));
        return None;
    };
    let beyond = stop.tokens.iter().flatten().find(|token| token.value as usize >= tokens.value);
    if let Some(beyond) = beyond {
        let message = format!("{} is no id: `tokens` is {}", quoted(&beyond.value.to_string()), tokens.value);
        scope.fail(
            Diagnostic::error(Code::OutOfRange, beyond.span, message)
                .related(tokens.span, "ids are below this"),
        );
        return None;
    }
    let mut ids: Vec<u32> = stop.tokens.iter().flatten().map(|token| token.value).collect();
    ids.sort_unstable();
    ids.dedup();
    Some(Skip::StopTokens(ids))
}
