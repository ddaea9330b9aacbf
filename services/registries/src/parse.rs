//! Parsing apart from the threads that serve connections.

/// Documents up to this many bytes are parsed where they are asked for.
const PARSED_IN_PLACE: usize = 64 << 10;

/// Parses a document of `length` bytes: here if it is short, on a thread that may block otherwise.
pub(crate) async fn parse<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    if length <= PARSED_IN_PLACE {
        return work();
    }
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(format!("its reading was cut short: {error}")))
}
