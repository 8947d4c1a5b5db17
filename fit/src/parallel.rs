//! Work on many sequences on all processors.

use crate::{Error, Progress};

/// What `work` gives for each item, in their order.
pub(crate) fn each<T: Send>(
    items: &[usize],
    progress: &mut dyn Progress,
    work: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    let mut found = Vec::with_capacity(items.len());
    // A few at a time, for the progress to be seen.
    for some in items.chunks(threads * 8) {
        let parts: Vec<Result<Vec<T>, Error>> = std::thread::scope(|scope| {
            let work = &work;
            let parts = some.chunks(some.len().div_ceil(threads));
            let running: Vec<_> = parts
                .map(|part| scope.spawn(move || part.iter().map(|item| work(*item)).collect()))
                .collect();
            let panicked = |_| Err(Error::new("a thread panicked"));
            running.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
        });
        for part in parts {
            found.extend(part?);
        }
        progress.advance(some.len() as u64);
    }
    Ok(found)
}
