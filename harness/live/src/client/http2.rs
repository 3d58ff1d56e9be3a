//! HTTP/2 by h2, on a runtime of the connection's own. Takes a stream and a request, gives the answer. Cookies go as one field
//! each (RFC 9113 §8.2.3); what its fields cannot carry is said to be unsendable, and never changed.

use std::net::TcpStream;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderName, HeaderValue};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Failure, Request, Response};
use crate::service::Limits;

/// A connection; its other end is served while somebody waits for an answer.
pub(super) struct Connection {
    runtime: Runtime,
    sender: SendRequest<Bytes>,
    is_open: bool,
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        tls: Option<&(Arc<ClientConfig>, ServerName<'static>)>,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let unreachable = |error: std::io::Error| Failure::Unreachable(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unreachable)?;
        stream.set_nonblocking(true).map_err(unreachable)?;
        let sender = runtime.block_on(async {
            let stream = tokio::net::TcpStream::from_std(stream).map_err(unreachable)?;
            let greeting = async {
                match tls {
                    None => greet(stream, limits).await,
                    Some((config, name)) => {
                        let connector = TlsConnector::from(Arc::clone(config));
                        let stream = connector.connect(name.clone(), stream).await;
                        let stream = stream.map_err(|error| Failure::Tls(error.to_string()))?;
                        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                            return Err(Failure::Garbage("the server does not speak HTTP/2".to_owned()));
                        }
                        greet(stream, limits).await
                    }
                }
            };
            timeout(limits.answer, greeting).await.map_err(|_| Failure::Slow(limits.answer))?
        })?;
        Ok(Self { runtime, sender, is_open: true })
    }

    pub(super) fn is_open(&mut self) -> bool {
        // The other end may have said that it goes away.
        self.is_open
            && self.runtime.block_on(async {
                tokio::task::yield_now().await;
                self.sender.clone().ready().await.is_ok()
            })
    }

    pub(super) fn exchange(
        &mut self,
        request: &Request,
        scheme: &str,
        authority: &str,
        limits: &Limits,
    ) -> Result<(Response, bool), Failure> {
        let head = head(request, scheme, authority)?;
        let body = request.body.clone().map(Bytes::from);
        let sender = self.sender.clone();
        let asked = self.runtime.block_on(async { timeout(limits.answer, ask(sender, head, body, limits)).await });
        let outcome = asked.unwrap_or(Err(Failure::Slow(limits.answer)));
        self.is_open = outcome.is_ok();
        outcome.map(|response| (response, true))
    }
}

async fn greet<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    limits: &Limits,
) -> Result<SendRequest<Bytes>, Failure> {
    let mut builder = h2::client::Builder::new();
    builder.max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX)).enable_push(false);
    let (sender, connection) = builder.handshake(stream).await.map_err(|error| failed(&error, limits))?;
    tokio::spawn(async move {
        // Its end shows where an answer is waited for.
        let _ = connection.await;
    });
    Ok(sender)
}

async fn ask(
    sender: SendRequest<Bytes>,
    head: http::Request<()>,
    body: Option<Bytes>,
    limits: &Limits,
) -> Result<Response, Failure> {
    let failed = |error: h2::Error| failed(&error, limits);
    let mut sender = sender.ready().await.map_err(failed)?;
    let (answer, mut sending) = sender.send_request(head, body.is_none()).map_err(failed)?;
    if let Some(body) = body {
        sending.send_data(body, true).map_err(failed)?;
    }
    let (parts, mut receiving) = answer.await.map_err(failed)?.into_parts();
    let fields = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    let mut response = Response { status: parts.status.as_u16(), fields: fields.collect(), body: Vec::new() };
    while let Some(part) = receiving.data().await {
        let part = part.map_err(failed)?;
        if response.body.len() + part.len() > limits.body {
            return Err(Failure::LongBody(limits.body));
        }
        response.body.extend(&part);
        // More may be sent now.
        let _ = receiving.flow_control().release_capacity(part.len());
    }
    Ok(response)
}

fn head(request: &Request, scheme: &str, authority: &str) -> Result<http::Request<()>, Failure> {
    let authority = request.host.as_deref().map_or(Ok(authority), std::str::from_utf8);
    let authority = authority.map_err(|_| Failure::Unsendable("a host that is no text"))?;
    let uri = http::Uri::builder().scheme(scheme).authority(authority).path_and_query(request.path.as_str()).build();
    let uri = uri.map_err(|_| Failure::Unsendable("a path that is none"))?;
    let mut head = http::Request::new(());
    *head.uri_mut() = uri;
    *head.method_mut() = request.method.parse().map_err(|_| Failure::Unsendable("a method that is none"))?;
    *head.version_mut() = http::Version::HTTP_2;
    for (name, value) in &request.fields {
        let name = HeaderName::from_bytes(name).map_err(|_| Failure::Unsendable("a name of a field that is none"))?;
        let parts: Vec<&[u8]> = if name == http::header::COOKIE { crumbs(value) } else { vec![value] };
        for part in parts {
            let value = HeaderValue::from_bytes(part).map_err(|_| Failure::Unsendable("a control octet in a field"))?;
            head.headers_mut().append(name.clone(), value);
        }
    }
    Ok(head)
}

/// A cookie each.
fn crumbs(value: &[u8]) -> Vec<&[u8]> {
    let mut crumbs = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.windows(2).position(|two| two == b"; ") {
        crumbs.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    crumbs.push(rest);
    crumbs
}

fn failed(error: &h2::Error, limits: &Limits) -> Failure {
    if error.is_io() || error.is_go_away() {
        Failure::Closed { began: false }
    } else if error.reason() == Some(h2::Reason::FRAME_SIZE_ERROR) || error.reason() == Some(h2::Reason::PROTOCOL_ERROR)
    {
        Failure::Garbage(error.to_string())
    } else if error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM) {
        Failure::LongHead(limits.head)
    } else {
        Failure::Closed { began: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cookie_goes_as_a_field_of_its_own() {
        let request = Request::get("/me").with("Cookie", "a=1; sid=x;y; b=2");
        let head = head(&request, "http", "127.0.0.1:1").unwrap();
        let cookies: Vec<&[u8]> = head.headers().get_all("cookie").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(cookies, [&b"a=1"[..], b"sid=x;y", b"b=2"]);
        let raw = Request::get("/me").with("Cookie", &b"sid=\0"[..]);
        assert!(matches!(super::head(&raw, "http", "h"), Err(Failure::Unsendable(_))));
    }
}
