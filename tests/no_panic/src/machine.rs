//! What a program needs below Rust's core: an entry, an end, and the functions that compilers assume.

use core::arch::{asm, global_asm};
use core::panic::PanicInfo;

unsafe extern "C" {
    /// Nothing defines it, so that a program with a path to a panic does not link.
    fn recurve_step_can_panic() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: such a program does not exist.
    unsafe { recurve_step_can_panic() }
}

global_asm!(
    ".globl _start",
    "_start:",
    "and rsp, -16",
    "call {entry}",
    "mov edi, eax",
    "mov eax, 60",
    "syscall",
    entry = sym super::entry,
);

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") count => _, inout("rdi") to => _, inout("rsi") from => _,
            options(nostack, preserves_flags),
        );
    }
    to
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") count => _, inout("rdi") to => _, in("al") byte as u8,
            options(nostack, preserves_flags),
        );
    }
    to
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= count {
        // SAFETY: the caller's; from front to back, no byte is overwritten before it is read.
        return unsafe { memcpy(to, from, count) };
    }
    // SAFETY: the caller's; from back to front, no byte is overwritten before it is read.
    unsafe {
        asm!(
            "std",
            "rep movsb",
            "cld",
            inout("rcx") count => _,
            inout("rdi") to.wrapping_add(count).wrapping_sub(1) => _,
            inout("rsi") from.wrapping_add(count).wrapping_sub(1) => _,
            options(nostack),
        );
    }
    to
}

/// What the tables of functions that could unwind name; nothing unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
