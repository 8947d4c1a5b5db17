//! How the matrices of a layer are stored.

use super::SIZE;
use super::read::{IfThere, Integer, Kind, ListOf, MapOf, OneKey, OneOf, Ratio, Share, Value, choices, map};
use super::table::{Shape, Table};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned};

choices! {
    /// Which matrices of a layer are compressed, each gate's for itself.
    pub enum On {
        /// One matrix a gate for the input with the state behind it, `[x; h]`, as published. A GRU with
        /// `reset: after` has no such matrix: its reset gate multiplies the state's part alone.
        Joint = "joint",
        /// The matrices of the input; those of the state stay dense.
        Input = "input",
        /// The matrices of the state; those of the input stay dense.
        Recurrent = "recurrent",
        /// The matrices of the input and those of the state, apart from one another.
        Both = "both",
    }
}

map! {
    /// Kronecker products, `B (x) C`, of two small matrices. Thakker et al. 2019 (KP).
    pub struct Kp: "kp", at_most_one_of ["factors", "ratio"] => {
        /// Which matrices.
        matrices: Option<Spanned<On>> = IfThere(OneOf::all()), also "on", default "joint", example "joint";
        /// Rows and columns of `B`, then those of `C`. Without it they follow from the prime factors of
        /// the matrix' shape, as published.
        factors: Option<Spanned<Factors>> = IfThere(FactorsReader), example "[[2, 16], [59, 8]]";
        /// How many numbers of the matrix there are for each that is stored, in place of `factors`: the shapes that come nearest from below.
        ratio: Option<Spanned<f64>> = IfThere(Ratio), example "16";
    }
}

map! {
    /// Some dense rows above a Kronecker product, in each gate. Thakker et al. 2019 (HKP).
    pub struct Hkp: "hkp", one_of ["rows", "ratio"], at_most_one_of ["factors", "ratio"] => {
        /// Dense rows of a gate.
        rows: Option<Spanned<usize>> = IfThere(SIZE), example "8";
        /// Which matrices.
        matrices: Option<Spanned<On>> = IfThere(OneOf::all()), also "on", default "joint", example "joint";
        /// Rows and columns of `B`, then those of `C`, whose product are the other rows. Without it they
        /// follow from the prime factors.
        factors: Option<Spanned<Factors>> = IfThere(FactorsReader), example "[[2, 16], [55, 8]]";
        /// How many numbers of the matrix there are for each that is stored, in place of `rows`.
        ratio: Option<Spanned<f64>> = IfThere(Ratio), example "8";
    }
}

map! {
    /// Some dense rows above two matrices of rank one, one for each half of the columns, in each gate.
    /// Thakker et al. 2019 (HMD).
    pub struct Hmd: "hmd", one_of ["rows", "ratio"] => {
        /// Dense rows of a gate.
        rows: Option<Spanned<usize>> = IfThere(SIZE), example "56";
        /// Which matrices.
        matrices: Option<Spanned<On>> = IfThere(OneOf::all()), also "on", default "joint", example "joint";
        /// How many numbers of the matrix there are for each that is stored, in place of `rows`.
        ratio: Option<Spanned<f64>> = IfThere(Ratio), example "2";
    }
}

map! {
    /// Products of two thin matrices.
    pub struct LowRank: "low_rank", one_of ["rank", "ratio"] => {
        /// Columns of the left matrix and rows of the right one.
        rank: Option<Spanned<usize>> = IfThere(SIZE), example "8";
        /// Which matrices.
        matrices: Option<Spanned<On>> = IfThere(OneOf::all()), also "on", default "joint", example "both";
        /// How many numbers of the matrix there are for each that is stored, in place of `rank`.
        ratio: Option<Spanned<f64>> = IfThere(Ratio), example "4";
    }
}

choices! {
    /// Which numbers of a pruned matrix are zero together.
    pub enum Pattern {
        /// Each by itself. Least is lost, and least is gained in time.
        Unstructured = "unstructured",
        /// Sixteen rows of a column, counted from the first row of each gate: what a vector holds.
        Blocks = "blocks",
    }
}

map! {
    /// The trained matrices without their zeros. Han et al. 2015; in blocks, Narang et al. 2017.
    pub struct Pruned: "pruned", at_most_one_of ["sparsity", "ratio"] => {
        /// Which matrices.
        matrices: Option<Spanned<On>> = IfThere(OneOf::all()), also "on", default "joint", example "both";
        /// Which numbers are zero together.
        pattern: Option<Spanned<Pattern>> = IfThere(OneOf::all()), default "unstructured", example "blocks";
        /// The share of numbers that are zero at least.
        sparsity: Option<Spanned<f64>> = IfThere(Share), example "0.9";
        /// How many numbers of the matrix there are for each that is stored, in place of `sparsity`.
        ratio: Option<Spanned<f64>> = IfThere(Ratio), example "10";
    }
}

map! {
    /// Kronecker products with a few numbers added to each, `B (x) C + S`. Thakker et al. 2021 (doped KP).
    pub struct DopedKp: "doped_kp", at_most_one_of ["sparsity", "ratio"] => {
        /// Which matrices.
        matrices: Option<Spanned<On>> = IfThere(OneOf::all()), also "on", default "joint", example "joint";
        /// Rows and columns of `B`, then those of `C`. Without it they follow from the prime factors.
        factors: Option<Spanned<Factors>> = IfThere(FactorsReader), example "[[2, 16], [59, 8]]";
        /// The share of the numbers of `S` that are zero at least.
        sparsity: Option<Spanned<f64>> = IfThere(Share), example "0.95";
        /// How many numbers of the matrix there are for each that is stored, in place of `sparsity`.
        ratio: Option<Spanned<f64>> = IfThere(Ratio), example "10";
    }
}

/// The form of a layer's matrices.
#[derive(Debug, Clone)]
pub enum Compression {
    /// `kp`.
    Kp(Kp),
    /// `hkp`.
    Hkp(Hkp),
    /// `hmd`.
    Hmd(Hmd),
    /// `low_rank`.
    LowRank(LowRank),
    /// `pruned`.
    Pruned(Pruned),
    /// `doped_kp`.
    DopedKp(DopedKp),
}

impl Compression {
    /// Which matrices are compressed.
    pub fn on(&self) -> On {
        let matrices = match self {
            Compression::Kp(kp) => kp.matrices,
            Compression::Hkp(hkp) => hkp.matrices,
            Compression::Hmd(hmd) => hmd.matrices,
            Compression::LowRank(low_rank) => low_rank.matrices,
            Compression::Pruned(pruned) => pruned.matrices,
            Compression::DopedKp(doped) => doped.matrices,
        };
        matrices.map_or(On::Joint, |matrices| matrices.value)
    }

    /// How many numbers of a matrix there are for each that is stored, where the spec says so.
    pub fn ratio(&self) -> Option<Spanned<f64>> {
        match self {
            Compression::Kp(kp) => kp.ratio,
            Compression::Hkp(hkp) => hkp.ratio,
            Compression::Hmd(hmd) => hmd.ratio,
            Compression::LowRank(low_rank) => low_rank.ratio,
            Compression::Pruned(pruned) => pruned.ratio,
            Compression::DopedKp(doped) => doped.ratio,
        }
    }
}

impl OneKey for Compression {
    const NOUN: &'static str = "compression";
    const IN_LIST: bool = false;

    fn tables() -> Vec<&'static Table> {
        use super::read::Map;
        vec![Kp::table(), Hkp::table(), Hmd::table(), LowRank::table(), Pruned::table(), DopedKp::table()]
    }

    fn read(value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        match value.key {
            "kp" => MapOf::new().read(value, diagnostics).map(Compression::Kp),
            "hkp" => MapOf::new().read(value, diagnostics).map(Compression::Hkp),
            "hmd" => MapOf::new().read(value, diagnostics).map(Compression::Hmd),
            "low_rank" => MapOf::new().read(value, diagnostics).map(Compression::LowRank),
            "pruned" => MapOf::new().read(value, diagnostics).map(Compression::Pruned),
            _ => MapOf::new().read(value, diagnostics).map(Compression::DopedKp),
        }
    }
}

/// The shapes of the two matrices of a Kronecker product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factors {
    /// Rows and columns of `B`.
    pub b: [usize; 2],
    /// Rows and columns of `C`.
    pub c: [usize; 2],
}

struct FactorsReader;

const FACTOR: Integer<usize> = Integer::new(1, 1 << 20);

impl Kind for FactorsReader {
    type Out = Spanned<Factors>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Factors>> {
        let shapes = ListOf(ListOf(FACTOR)).read(value, diagnostics)?;
        let shapes = shapes.into_iter().collect::<Option<Vec<_>>>()?;
        let shapes: Vec<Vec<usize>> = shapes
            .into_iter()
            .map(|shape| shape.into_iter().map(|number| Some(number?.value)).collect())
            .collect::<Option<_>>()?;
        if let [b, c] = &shapes[..]
            && let (Ok(b), Ok(c)) = (b.as_slice().try_into(), c.as_slice().try_into())
        {
            return Some(Spanned::new(Factors { b, c }, value.node.span));
        }
        let message = "`factors` are the shapes of two matrices, rows and columns of each";
        diagnostics.push(
            Diagnostic::error(Code::WrongType, value.node.span, message)
                .help("for example `[[2, 16], [59, 8]]`"),
        );
        None
    }

    fn shape(&self) -> Shape {
        Shape::Pair(Box::new(Shape::Pair(Box::new(FACTOR.shape()))))
    }
}
