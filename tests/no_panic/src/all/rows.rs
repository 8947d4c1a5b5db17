//! Rows of matrices in the order of products, as tied layers share them: no trace has them in all precisions.

use core::hint::black_box;

use recurve::layer::Embedding;
use recurve::matrix::{Dense, Four, Int4, Int8, Packed, Rows};
use recurve::simd::{self, F16, Kernel, Simd};

const TOKENS: usize = 91;
const DIM: usize = 70;
/// Of numbers of 4 bits that are widened.
const FEW: usize = 7;
const PANELS: usize = TOKENS.div_ceil(16);
const GROUPS: usize = DIM.div_ceil(32);

static NUMBERS: [f32; TOKENS * DIM] = [0.1; TOKENS * DIM];
static BYTES: [i8; TOKENS * DIM] = [1; TOKENS * DIM];
static QUADS: [[i8; 4]; TOKENS * DIM.div_ceil(4)] = [[1; 4]; TOKENS * DIM.div_ceil(4)];
static PAIRS: [[u8; 16]; PANELS * FEW.div_ceil(2)] = [[9; 16]; PANELS * FEW.div_ceil(2)];
static PACKED: [[u8; 4]; PANELS * GROUPS * 64] = [[9; 4]; PANELS * GROUPS * 64];
static SCALES: [f32; TOKENS] = [0.1; TOKENS];
static PAIR_SCALES: [[F16; 16]; PANELS] = [[F16(0x3c00); 16]; PANELS];
static PACKED_SCALES: [[F16; 16]; PANELS * GROUPS] = [[F16(0x3c00); 16]; PANELS * GROUPS];

struct Row<T, const DIM: usize>(Embedding<T, TOKENS, DIM>);

impl<T: Rows<TOKENS, DIM>, const DIM: usize> Kernel for Row<T, DIM> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let mut room = [0.0; DIM];
        black_box(self.0.row(simd, black_box(7), &mut room));
        let mut rows = [[0.0; DIM]; 5];
        black_box(self.0.row_each(simd, black_box(&[1, 70, 200]), &mut rows));
    }
}

pub(crate) fn read() {
    simd::dispatch(Row(Embedding(Dense::<TOKENS, DIM>::new(&NUMBERS))));
    simd::dispatch(Row(Embedding(Dense::<TOKENS, DIM, i8>::scaled(&BYTES, &SCALES))));
    simd::dispatch(Row(Embedding(Int8::<TOKENS, DIM>::new(&QUADS, &SCALES))));
    simd::dispatch(Row(Embedding(Int4::<TOKENS, FEW>::new(&PAIRS, &PAIR_SCALES))));
    simd::dispatch(Row(Embedding(Packed::<Four, TOKENS, DIM>::new(&PACKED, &PACKED_SCALES))));
}
