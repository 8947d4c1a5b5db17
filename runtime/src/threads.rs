//! Work on a second processor.
//!
//! Threads are made when they are first needed and kept. A thread that has just worked looks out for more for a
//! moment before it goes to sleep, so that within a step work is handed over in about a microsecond. Handing it over
//! allocates.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU8, Ordering};
use std::boxed::Box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::vec::Vec;

/// Rounds that an idle thread, or the caller, looks out before it sleeps or lets others run: some 50 microseconds.
const LOOKOUT: u32 = 20_000;

const IDLE: u8 = 0;
const READY: u8 = 1;
const DONE: u8 = 2;

type Job = Box<dyn FnOnce() + Send>;

/// A thread that waits for work.
struct Worker {
    shared: Arc<Shared>,
    thread: Thread,
}

struct Shared {
    state: AtomicU8,
    job: Mutex<Option<Job>>,
}

static IDLE_WORKERS: Mutex<Vec<Worker>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in there stays valid whatever a thread that panicked did before.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    fn new() -> Option<Worker> {
        let shared = Arc::new(Shared { state: AtomicU8::new(IDLE), job: Mutex::new(None) });
        let its = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("recurve".into()).stack_size(STACK).spawn(move || work(&its)).ok()?;
        Some(Worker { shared, thread: thread.thread().clone() })
    }
}

/// Bytes of a thread's stack: room for the vectors of large layers.
const STACK: usize = 8 << 20;

fn work(shared: &Shared) {
    loop {
        let mut round = 0;
        while shared.state.load(Ordering::Acquire) != READY {
            round += 1;
            if round < LOOKOUT { spin_loop() } else { thread::park() }
        }
        let job = lock(&shared.job).take();
        if let Some(job) = job {
            job();
        }
        shared.state.store(DONE, Ordering::Release);
    }
}

/// Does `here` on this thread and meanwhile `there` on another one; gives what both gave.
///
/// Where no thread can be had, both are done here. What `there` panics with is lost: its result is then the default.
pub(crate) fn both<A, B: Default + Send + 'static>(
    here: impl FnOnce() -> A,
    there: impl FnOnce() -> B + Send + 'static,
) -> (A, B) {
    let idle = lock(&IDLE_WORKERS).pop();
    let Some(worker) = idle.or_else(Worker::new) else {
        return (here(), there());
    };
    let result = Arc::new(Mutex::new(None));
    let its = Arc::clone(&result);
    let job = move || {
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(there)).ok();
        *lock(&its) = found;
    };
    *lock(&worker.shared.job) = Some(Box::new(job));
    worker.shared.state.store(READY, Ordering::Release);
    worker.thread.unpark();
    let first = here();
    let mut round = 0;
    while worker.shared.state.load(Ordering::Acquire) != DONE {
        round += 1;
        if round < LOOKOUT { spin_loop() } else { thread::yield_now() }
    }
    worker.shared.state.store(IDLE, Ordering::Release);
    lock(&IDLE_WORKERS).push(worker);
    let second = lock(&result).take().unwrap_or_default();
    (first, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_on_both_sides_at_any_depth() {
        fn sum(from: u64, to: u64) -> u64 {
            if to - from < 4 {
                return (from..to).sum();
            }
            let middle = from.midpoint(to);
            let (first, second) = both(|| sum(from, middle), move || sum(middle, to));
            first + second
        }
        let callers: Vec<_> =
            (0..4).map(|_| thread::spawn(|| (0..20).map(|_| sum(0, 33)).sum::<u64>())).collect();
        for caller in callers {
            assert_eq!(caller.join().ok(), Some(20 * 528));
        }
        let (here, there) = both(|| 1, || -> u64 { panic!("lost") });
        assert_eq!((here, there), (1, 0));
        assert_eq!(both(|| 2, || 3), (2, 3));
    }
}
