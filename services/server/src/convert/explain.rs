//! Explanations: what is asked, and what is told.

use std::time::Duration;

use engine::{Edge, ExplainedCall, Explanation, Question};
use proto::v1;
use proto::v1::explain_response::Explanation as Wire;

use super::answer::{edge, root_edge};
use super::conflict;
use super::faults::{Faults, Path};
use super::shape::{self, Shape};
use crate::errors::{Reason, Refusal};

/// Takes a question apart: the request whose answer is in question, and what is asked about it.
pub fn question(wire: v1::ExplainRequest) -> Result<(v1::ResolveRequest, Question), Refusal> {
    let v1::ExplainRequest { request, project, package, version } = wire;
    let mut faults = Faults::default();
    let root = Path::ROOT;
    let request = request.unwrap_or_else(|| {
        faults.add(Reason::Missing, root.field("request"), "is required");
        v1::ResolveRequest::default()
    });
    faults.text(root.field("project"), &project);
    let is_there = request.projects.iter().any(|one| one.name == project);
    if !project.is_empty() && !request.projects.is_empty() && !is_there {
        let description = format!("names `{project}`, which the request does not have");
        faults.add(Reason::Contradictory, root.field("project"), description);
    }
    faults.required(root.field("package"), &package);
    faults.text(root.field("version"), &version);
    let what = "naming an answer that the client has: an explanation is told whole";
    faults.unsupported_if(!request.known_answer.is_empty(), root.field("known_answer"), what);
    faults.finish()?;
    Ok((request, Question { package, version }))
}

/// The path of one of the engine's fields, from the root of the message.
pub fn path(shape: &Shape, field: &str) -> String {
    match field.strip_prefix("explain.") {
        Some(own) => own.to_owned(),
        None => shape.path(field),
    }
}

/// Writes what is told.
pub fn explained(told: ExplainedCall, shape: &Shape, elapsed: Duration) -> v1::ExplainResponse {
    let explanation = match told.explanation {
        Explanation::Present { paths, has_more } => Wire::Present(v1::DependencyPaths {
            paths: paths.iter().map(|edges| path_of(edges, shape)).collect(),
            truncated: has_more,
        }),
        Explanation::NotChosen(sentence) => Wire::NotChosen(sentence),
        Explanation::Impossible(found) => {
            let mut wire = conflict::conflict(&found);
            conflict::place(&mut wire, |field| path(shape, field));
            Wire::Impossible(wire)
        }
    };
    v1::ExplainResponse {
        explanation: Some(explanation),
        snapshot_token: told.snapshot_token,
        statistics: Some(shape::statistics(&told.statistics, elapsed)),
    }
}

fn path_of(edges: &[Edge], shape: &Shape) -> v1::DependencyPath {
    let mut edges = edges.iter();
    let mut wire = Vec::with_capacity(edges.len());
    if let Some(first) = edges.next() {
        let mut first = root_edge(first);
        shape.name_set(&mut first);
        wire.push(first);
    }
    wire.extend(edges.map(edge));
    v1::DependencyPath { edges: wire }
}
