//! What lies below a program: the host's console, a clock, the stack.

use core::panic::PanicInfo;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_semihosting::debug;
use cortex_m_semihosting::hio::hstdout;

/// The largest number that the clock counts down from.
const FULL: u32 = 0x00ff_ffff;
/// What the startup code writes to the stack.
const PAINT: u32 = 0xcccc_cccc;

unsafe extern "C" {
    /// Nothing defines it, so that a program with a path to a panic does not link.
    fn network_can_panic() -> !;
    /// The lowest word of the stack.
    static _stack_end: u32;
    /// One behind its highest.
    static _stack_start: u32;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: such a program does not exist.
    unsafe { network_can_panic() }
}

/// Writes to the emulator's console.
pub fn write(bytes: &[u8]) {
    if let Ok(mut console) = hstdout() {
        let _ = console.write_all(bytes);
    }
}

/// Ends the emulator.
pub fn exit() -> ! {
    debug::exit(debug::EXIT_SUCCESS);
    loop {
        cortex_m::asm::nop();
    }
}

/// The system timer, which the emulator advances with every instruction.
pub struct Clock(());

impl Clock {
    /// Starts it.
    pub fn start() -> Clock {
        // SAFETY: nothing else uses the timer.
        let mut timer = unsafe { cortex_m::Peripherals::steal() }.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(FULL);
        timer.clear_current();
        timer.enable_counter();
        Clock(())
    }

    /// What it shows.
    pub fn now(&self) -> u32 {
        SYST::get_current()
    }

    /// Ticks since it showed `before`, less than 2^24.
    pub fn ticks_since(&self, before: u32) -> u32 {
        before.wrapping_sub(self.now()) & FULL
    }
}

/// The most bytes that were on the stack.
pub fn stack_bytes() -> u32 {
    let (lowest, behind) = (&raw const _stack_end, &raw const _stack_start);
    let words = (behind.addr() - lowest.addr()) / size_of::<u32>();
    // SAFETY: these are the words of the stack, which are painted before the program starts.
    let untouched = (0..words).take_while(|at| unsafe { lowest.add(*at).read_volatile() } == PAINT).count();
    ((words - untouched) * size_of::<u32>()) as u32
}
