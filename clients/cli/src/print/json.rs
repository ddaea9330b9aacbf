//! The whole answer, as canonical protobuf JSON, and back.
//!
//! The contract's own descriptors say how: names in lower camel case, 64-bit numbers as text, times
//! as RFC 3339, fields with their default left out.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use proto::v1::ResolveResponse;

/// Why an answer cannot be told in JSON, of which nothing can come from the service, or read from it.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The descriptors in this binary are broken.
    #[error("the contract's descriptors do not hold together: {0}")]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// The descriptors in this binary lack the answer.
    #[error("the contract's descriptors lack `{0}`")]
    Missing(&'static str),
    /// The message does not fit its descriptor.
    #[error("the answer does not fit its description: {0}")]
    Decode(#[from] prost::DecodeError),
    /// The message cannot be written, for example because of a time beyond the calendar.
    #[error("the answer could not be written as JSON: {0}")]
    Write(#[from] serde_json::Error),
    /// The text is no answer in JSON.
    #[error("{0}")]
    Read(#[source] serde_json::Error),
}

const ANSWER: &str = "quartermaster.resolver.v1.ResolveResponse";

/// Tells the answer in JSON, with a line end.
pub fn json(response: &ResolveResponse) -> Result<String, JsonError> {
    let message = DynamicMessage::decode(descriptor()?, response.encode_to_vec().as_slice())?;
    Ok(serde_json::to_string_pretty(&message)? + "\n")
}

/// Reads an answer in JSON. A field that the contract does not have is an error: what it says would be
/// passed over.
pub fn read(text: &str) -> Result<ResolveResponse, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let message = DynamicMessage::deserialize(descriptor()?, &mut reader)
        .and_then(|message| reader.end().map(|()| message))
        .map_err(JsonError::Read)?;
    Ok(message.transcode_to()?)
}

fn descriptor() -> Result<MessageDescriptor, JsonError> {
    let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET)?;
    pool.get_message_by_name(ANSWER).ok_or(JsonError::Missing(ANSWER))
}
