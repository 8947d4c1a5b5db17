//! Integers with the DSP instructions of Armv7E-M, which multiply two pairs of 16 bits at once, or 16 bits and 32.

use core::arch::asm;

/// Four small integers that are multiplied with four others: numbers 0 and 2, then 1 and 3.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quad([u32; 2]);

impl Quad {
    #[inline(always)]
    pub(super) fn new(quad: [i8; 4]) -> Quad {
        let quad = u32::from_le_bytes(quad.map(i8::cast_unsigned));
        let (even, odd);
        // SAFETY: `recurve_dsp` says that the processor has the instructions; they know registers alone.
        unsafe {
            asm!(
                "sxtb16 {even}, {quad}",
                quad = in(reg) quad,
                even = lateout(reg) even,
                options(pure, nomem, nostack, preserves_flags)
            );
            asm!(
                "sxtb16 {odd}, {quad}, ror #8",
                quad = in(reg) quad,
                odd = lateout(reg) odd,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        Quad([even, odd])
    }

    /// Of four integers of 16 bits: numbers 0 and 2, then 1 and 3.
    #[inline(always)]
    pub(super) fn of_shorts(shorts: [i16; 4]) -> Quad {
        let [a, b, c, d] = shorts.map(|short| u32::from(short.cast_unsigned()));
        Quad([a | b << 16, c | d << 16])
    }

    /// `sum` and the four products.
    #[inline(always)]
    pub(super) fn dot(self, x: Quad, sum: i32) -> i32 {
        let mut sum = sum;
        for (w, x) in self.0.into_iter().zip(x.0) {
            // SAFETY: as above. It sets a flag of the processor where the sum overflows, which nothing reads.
            unsafe {
                asm!(
                    "smlad {sum}, {w}, {x}, {sum}",
                    w = in(reg) w,
                    x = in(reg) x,
                    sum = inlateout(reg) sum,
                    options(pure, nomem, nostack, preserves_flags)
                );
            }
        }
        sum
    }
}

/// `value * factor / 2^16` of the lower half of `factor`, rounded down.
#[inline(always)]
pub(super) fn scale(value: i32, factor: i32) -> i32 {
    let product;
    // SAFETY: `recurve_dsp` says that the processor has the instruction; it knows registers alone.
    unsafe {
        asm!(
            "smulwb {product}, {value}, {factor}",
            value = in(reg) value,
            factor = in(reg) factor,
            product = lateout(reg) product,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    product
}
