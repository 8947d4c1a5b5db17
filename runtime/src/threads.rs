//! Work on a second processor.
//!
//! Threads are made when they are first needed and kept. A thread that has just worked looks out for more for a
//! moment before it goes to sleep, so that within a step work is handed over in about a microsecond. Handing it over
//! allocates.
//!
//! A caller that is done before the other thread has begun takes the work back, so it never waits for a thread that
//! is still asleep. Nor does it wait for one that does not exist: the child of a `fork` has none of its parent's
//! threads. It takes back what it handed over, finds that it is another process, and makes threads of its own. No
//! lock is ever waited for that another call may hold, since the thread of that call may have stayed in the parent.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU8, Ordering};
use std::boxed::Box;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, Thread};

/// Rounds that an idle thread, or the caller, looks out before it sleeps or lets others run: some 50 microseconds.
const LOOKOUT: u32 = 20_000;

/// Nothing to do; what was handed over is done, or was taken back.
const IDLE: u8 = 0;
/// Work was handed over.
const READY: u8 = 1;
/// The thread has begun.
const BEGUN: u8 = 2;
const DONE: u8 = 3;

type Job = Box<dyn FnOnce() + Send>;

/// A thread that waits for work.
struct Worker {
    shared: Arc<Shared>,
    thread: Thread,
    /// The process that it belongs to.
    process: u32,
}

struct Shared {
    state: AtomicU8,
    /// Only the side that moved `state` away from `READY` looks into it.
    job: Mutex<Option<Job>>,
}

impl Shared {
    /// Moves from `READY` to `to`, unless the other side was first.
    fn claim(&self, to: u8) -> bool {
        self.state.load(Ordering::Relaxed) == READY
            && self.state.compare_exchange(READY, to, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Does what was handed over.
    fn work(&self) {
        let job = lock(&self.job).take();
        if let Some(job) = job {
            job();
        }
    }
}

/// Threads at once, of all models together.
const WORKERS: usize = 256;

/// Those that there are. A call holds the lock of its worker's place as long as it needs the worker, so that the
/// places of calls that stayed behind in a parent stay locked, and are passed over.
static PLACES: [Mutex<Option<Worker>>; WORKERS] = [const { Mutex::new(None) }; WORKERS];

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in there stays valid whatever a thread that panicked did before.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place that no other call uses.
fn place() -> Option<MutexGuard<'static, Option<Worker>>> {
    PLACES.iter().find_map(|place| match place.try_lock() {
        Ok(place) => Some(place),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    })
}

impl Worker {
    fn new() -> Option<Worker> {
        let shared = Arc::new(Shared { state: AtomicU8::new(IDLE), job: Mutex::new(None) });
        let its = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("recurve".into()).stack_size(STACK).spawn(move || work(&its)).ok()?;
        Some(Worker { shared, thread: thread.thread().clone(), process: process::id() })
    }

    /// Does `here` on this thread and `job` on the worker's, or on this one too where the worker has not begun by
    /// then; returns what `here` did, and the worker unless it is another process's.
    fn share<A>(self, here: impl FnOnce() -> A, job: Job) -> (A, Option<Worker>) {
        let shared = &*self.shared;
        *lock(&shared.job) = Some(job);
        shared.state.store(READY, Ordering::Release);
        self.thread.unpark();
        let first = here();
        if shared.claim(IDLE) {
            shared.work();
            let is_ours = self.process == process::id();
            return (first, is_ours.then_some(self));
        }
        let mut round = 0;
        while shared.state.load(Ordering::Acquire) != DONE {
            round += 1;
            if round < LOOKOUT { spin_loop() } else { thread::yield_now() }
        }
        shared.state.store(IDLE, Ordering::Release);
        (first, Some(self))
    }
}

/// Bytes of a thread's stack: room for the vectors of large layers.
const STACK: usize = 8 << 20;

fn work(shared: &Shared) {
    loop {
        let mut round = 0;
        while !shared.claim(BEGUN) {
            round += 1;
            if round < LOOKOUT { spin_loop() } else { thread::park() }
        }
        shared.work();
        shared.state.store(DONE, Ordering::Release);
    }
}

/// Does `here` on this thread and meanwhile `there` on another one; returns what both returned.
///
/// Where no thread can be had, both are done here. What `there` panics with is lost: its result is then the default.
pub(crate) fn both<A, B: Default + Send + 'static>(
    here: impl FnOnce() -> A,
    there: impl FnOnce() -> B + Send + 'static,
) -> (A, B) {
    match place() {
        Some(mut place) => divide(&mut place, here, there),
        None => (here(), there()),
    }
}

/// [`both`] with the worker of a place, which is made where there is none.
fn divide<A, B: Default + Send + 'static>(
    place: &mut Option<Worker>,
    here: impl FnOnce() -> A,
    there: impl FnOnce() -> B + Send + 'static,
) -> (A, B) {
    // Taken out, so that no other call finds it at work should `here` panic.
    let Some(worker) = place.take().or_else(Worker::new) else {
        return (here(), there());
    };
    let result = Arc::new(Mutex::new(None));
    let its = Arc::clone(&result);
    let job = move || {
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(there)).ok();
        *lock(&its) = found;
    };
    let (first, worker) = worker.share(here, Box::new(job));
    *place = worker;
    let second = lock(&result).take().unwrap_or_default();
    (first, second)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

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

    /// A worker whose thread is not there, as the child of a `fork` finds those of its parent.
    fn gone(process: u32) -> Worker {
        let thread = thread::spawn(|| ());
        let its = thread.thread().clone();
        assert!(thread.join().is_ok());
        let shared = Arc::new(Shared { state: AtomicU8::new(IDLE), job: Mutex::new(None) });
        Worker { shared, thread: its, process }
    }

    #[test]
    fn another_process_takes_its_work_back_and_makes_threads_of_its_own() {
        let caller = thread::current().id();
        let mut place = Some(gone(process::id() ^ 1));
        let (here, there) = divide(&mut place, || 1, move || (2, Some(thread::current().id() == caller)));
        assert_eq!((here, there), (1, (2, Some(true))));
        assert!(place.is_none());
        assert_eq!(divide(&mut place, || 3, || 4), (3, 4));
        assert!(place.is_some_and(|worker| worker.process == process::id()));
    }

    #[test]
    fn a_thread_that_has_not_begun_is_not_waited_for_and_is_kept() {
        let mut place = Some(gone(process::id()));
        for round in 0..3 {
            assert_eq!(divide(&mut place, || round, move || round + 1), (round, round + 1));
            assert!(place.is_some());
        }
        assert_eq!(divide(&mut place, || 1, || -> u64 { panic!("lost") }), (1, 0));
        assert!(place.is_some());
    }

    #[test]
    fn no_call_waits_for_the_place_of_another() {
        let held: Vec<_> = std::iter::from_fn(place).collect();
        let (here, there) = both(|| 1, || 2);
        drop(held);
        assert_eq!((here, there), (1, 2));
    }
}
