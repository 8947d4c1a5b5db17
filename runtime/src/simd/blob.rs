//! The weights of a model: one aligned run of bytes, read as numbers where they lie.

use super::{Bf16, F16};

/// Bytes at a 64-byte boundary.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Blob<const BYTES: usize>([u8; BYTES]);

/// A type that any bytes are a value of.
///
/// # Safety
/// Every pattern of bits is a value.
pub unsafe trait Plain: Copy + 'static {}

// SAFETY: numbers without a forbidden pattern.
unsafe impl Plain for f32 {}
// SAFETY: as above.
unsafe impl Plain for u16 {}
// SAFETY: as above.
unsafe impl Plain for i32 {}
// SAFETY: as above.
unsafe impl Plain for i16 {}
// SAFETY: as above.
unsafe impl Plain for i8 {}
// SAFETY: as above.
unsafe impl Plain for u8 {}
// SAFETY: a transparent `u16`.
unsafe impl Plain for F16 {}
// SAFETY: a transparent `u16`.
unsafe impl Plain for Bf16 {}
// SAFETY: as its numbers.
unsafe impl<const LENGTH: usize, T: Plain> Plain for [T; LENGTH] {}

impl<const BYTES: usize> Blob<BYTES> {
    /// Takes the bytes as the compiler packed them.
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        const { assert!(cfg!(target_endian = "little"), "weights are packed for little-endian machines") };
        Blob(bytes)
    }

    /// `LENGTH` numbers from byte `offset` on.
    ///
    /// # Panics
    /// Where the numbers are not wholly inside, or `offset` is not a multiple of their alignment. Generated
    /// code calls this in constants, so that either is an error at compile time.
    pub const fn read<T: Plain, const LENGTH: usize>(&'static self, offset: usize) -> &'static [T; LENGTH] {
        const { assert!(size_of::<T>() > 0 && align_of::<T>() <= 64) };
        assert!(offset.is_multiple_of(align_of::<T>()));
        assert!(offset <= BYTES && LENGTH <= (BYTES - offset) / size_of::<T>());
        // SAFETY: the range is inside `self.0`, which starts at a multiple of 64, any bytes are a `T`, and
        // the blob lives and stays unchanged for `'static`.
        unsafe { &*self.0.as_ptr().add(offset).cast::<[T; LENGTH]>() }
    }
}
