//! A front speaks TLS and HTTP/2 before a service that knows nothing of TLS.

use load_tests::front::Front;
use load_tests::registry::Authority;
use load_tests::throughput::bare;
use reqwest::{Certificate, Client, Version};

#[tokio::test]
async fn a_front_speaks_tls_to_those_who_trust_its_authority() {
    let listener = bare::listen().await.expect("there is a free port");
    let service = listener.local_addr().expect("it has an address");
    tokio::spawn(bare::serve(listener, "the answer".into()));
    let authority = Authority::new().expect("there is randomness");
    let front = Front::start(&authority, service).await.expect("there is a free port");
    let url = format!("https://{}/", front.address());

    let ask = async |authority: &Authority| {
        let certificate = Certificate::from_pem(authority.certificate().as_bytes());
        let certificate = certificate.expect("the certificate is one");
        let client = Client::builder().tls_certs_only([certificate]).build();
        client.expect("the client has all it needs").get(&url).send().await
    };
    let response = ask(&authority).await.expect("the service answers");
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.text().await.expect("there is a body"), "the answer");

    let other = Authority::new().expect("there is randomness");
    assert!(ask(&other).await.is_err_and(|error| error.is_connect()));
}
