//! The contract between Quartermaster and its clients, as Rust types.
//!
//! The schema beside this crate, `quartermaster/resolver/v1/*.proto`, is the source; everything
//! here is generated from it, and every comment on a type or field is the schema's own. Start with
//! the service: [`v1::resolver_service_client`] calls it, [`v1::resolver_service_server`] offers it.
//!
//! Conversions, checks and defaults are deliberately absent. They belong to whoever reads or writes
//! a message, so that the contract stays the same for a client in any language.

/// The messages, client and server of the package `quartermaster.resolver.v1`.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::large_enum_variant,
    clippy::too_many_lines,
    unused_qualifications,
    reason = "the generator's style, not ours; no name or shape of the contract depends on it"
)]
pub mod v1 {
    tonic::include_proto!("quartermaster.resolver.v1");
}

/// The encoded `google.protobuf.FileDescriptorSet` of the contract and of all that it imports.
///
/// Server reflection serves it, and the canonical JSON form of a message is printed with its help.
/// The schema's comments are part of it, so that a client sees them through reflection as well.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    tonic::include_file_descriptor_set!("quartermaster_descriptor");
