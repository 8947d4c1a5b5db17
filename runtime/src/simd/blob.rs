//! The weights of a model: one aligned run of bytes, read as numbers where they lie.

/// Bytes at a 64-byte boundary.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Blob<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Blob<BYTES> {
    /// Takes the bytes as the compiler packed them.
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        const { assert!(cfg!(target_endian = "little"), "weights are packed for little-endian machines") };
        Blob(bytes)
    }

    /// `LENGTH` numbers from byte `offset` on.
    ///
    /// # Panics
    /// Where the numbers are not wholly inside, or `offset` is not a multiple of 4. Generated code
    /// calls this in constants, so that either is an error at compile time.
    pub const fn f32s<const LENGTH: usize>(&'static self, offset: usize) -> &'static [f32; LENGTH] {
        assert!(offset.is_multiple_of(align_of::<f32>()));
        assert!(offset <= BYTES && LENGTH <= (BYTES - offset) / size_of::<f32>());
        // SAFETY: the range is inside `self.0`, which starts at a multiple of 64, any four bytes are
        // an `f32`, and the blob lives and stays unchanged for `'static`.
        unsafe { &*self.0.as_ptr().add(offset).cast::<[f32; LENGTH]>() }
    }

    /// `LENGTH` integers from byte `offset` on.
    ///
    /// # Panics
    /// As [`f32s`](Blob::f32s); `offset` has to be a multiple of 2.
    pub const fn u16s<const LENGTH: usize>(&'static self, offset: usize) -> &'static [u16; LENGTH] {
        assert!(offset.is_multiple_of(align_of::<u16>()));
        assert!(offset <= BYTES && LENGTH <= (BYTES - offset) / size_of::<u16>());
        // SAFETY: as in `f32s`, with two bytes for four.
        unsafe { &*self.0.as_ptr().add(offset).cast::<[u16; LENGTH]>() }
    }
}
