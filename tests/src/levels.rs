//! Every instruction set of this machine.

use std::sync::Mutex;

use recurve::simd::Level;

/// Runs `body` on each instruction set of this machine; other tests wait, since the choice is global.
pub fn on_each_level(mut body: impl FnMut(Level)) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let best = Level::detect();
    for level in Level::ALL.iter().filter(|level| **level <= best) {
        Level::limit(*level);
        body(*level);
    }
}
