//! Compiles the schema with `protox`, so that no `protoc` is needed on the machine that builds.
//!
//! Two things come out: the Rust code of messages, client and server, and the encoded descriptor
//! set, which reflection and JSON printing read.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

/// Every file of the contract. A file that is missing here is missing from the crate.
const FILES: [&str; 6] = [
    "quartermaster/resolver/v1/answer.proto",
    "quartermaster/resolver/v1/conflict.proto",
    "quartermaster/resolver/v1/error.proto",
    "quartermaster/resolver/v1/policy.proto",
    "quartermaster/resolver/v1/project.proto",
    "quartermaster/resolver/v1/resolver_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=quartermaster");
    let descriptors = protox::compile(FILES, ["."])?;
    // `compile_fds` does not write the set itself, whatever `file_descriptor_set_path` says.
    let directory = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(directory.join("quartermaster_descriptor.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_client(true)
        .build_server(true)
        .compile_fds(descriptors)?;
    Ok(())
}
