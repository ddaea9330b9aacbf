//! What a waiting caller is told.

use engine::Progress;
use proto::v1;
use proto::v1::resolve_stream_response::Event;

use super::Shape;

/// Writes one piece of news. The engine names no phase; a step that waits for documents fetches.
pub fn event(progress: Progress, shape: &Shape) -> v1::ResolveStreamResponse {
    let event = match progress {
        Progress::Step { round, text, requested, done, package } => {
            let phase = match (round, requested > done) {
                (0, _) => v1::Phase::Read,
                (_, true) => v1::Phase::Fetch,
                (_, false) => v1::Phase::Solve,
            };
            Event::Progress(v1::Progress {
                phase: phase.into(),
                step: text,
                round,
                documents_requested: requested,
                documents_done: done,
                package,
            })
        }
        Progress::Tentative(packages) => Event::Tentative(v1::Tentative {
            packages: packages
                .into_iter()
                .map(|(name, version)| v1::TentativePackage {
                    project: shape.project.clone(),
                    name,
                    version,
                })
                .collect(),
        }),
    };
    v1::ResolveStreamResponse { event: Some(event) }
}

/// Writes the last message of a stream.
pub fn last(answer: v1::ResolveResponse) -> v1::ResolveStreamResponse {
    v1::ResolveStreamResponse { event: Some(Event::Answer(answer)) }
}
