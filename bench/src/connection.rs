//! As much HTTP/1.1 as a load generator and a collector need: whole messages with a Content-Length over one connection,
//! in one buffer, with nothing allocated for a message.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use httparse::{EMPTY_HEADER, Header, Request, Response, Status};

/// More headers than any peer here sends.
const MOST_HEADERS: usize = 32;
/// A batch of spans, and more than any answer.
const LARGEST_MESSAGE: usize = 64 << 20;

/// Why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    /// The connection broke.
    #[error("connection: {0}")]
    Io(#[from] io::Error),
    /// The peer closed in the middle of a message.
    #[error("the connection ended inside a message")]
    Truncated,
    /// Not HTTP.
    #[error("not HTTP/1.1: {0}")]
    Http(#[from] httparse::Error),
    /// Only bodies of a known length are understood.
    #[error("a message with Transfer-Encoding, or without Content-Length")]
    NoLength,
    /// More than 64 MiB.
    #[error("a message of {0} bytes")]
    TooLarge(usize),
}

/// What one message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    /// Bytes up to the body.
    length: usize,
    /// Bytes of the body.
    body: usize,
    /// Of an answer; 0 of a request.
    status: u16,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were received.
    filled: usize,
    /// Bytes of the buffer that the last message took.
    consumed: usize,
}

impl Connection {
    /// Over an open stream.
    ///
    /// # Errors
    /// When the stream is closed already.
    pub(crate) fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 16 << 10], filled: 0, consumed: 0 })
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection broke.
    pub(crate) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.stream.write_all(message)
    }

    /// The next answer's status and body.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub(crate) fn read_answer(&mut self) -> Result<(u16, &[u8]), MessageError> {
        let head = self.read(answer_head)?.ok_or(MessageError::Truncated)?;
        Ok((head.status, self.body(head)))
    }

    /// The next request: whether it has the method POST, and its body. Nothing when the peer is done.
    ///
    /// # Errors
    /// When there is no whole request.
    pub(crate) fn read_request(&mut self) -> Result<Option<(bool, &[u8])>, MessageError> {
        let Some(head) = self.read(request_head)? else { return Ok(None) };
        Ok(Some((self.buffer.starts_with(b"POST "), self.body(head))))
    }

    /// That of the message which was read last.
    fn body(&self, head: Head) -> &[u8] {
        self.buffer.get(head.length..self.consumed).unwrap_or_default()
    }

    /// Reads until the buffer begins with a whole message.
    fn read(
        &mut self,
        parse: fn(&[u8]) -> Result<Option<Head>, MessageError>,
    ) -> Result<Option<Head>, MessageError> {
        self.buffer.copy_within(self.consumed..self.filled, 0);
        self.filled -= self.consumed;
        self.consumed = 0;
        let mut head = None;
        loop {
            if head.is_none() {
                head = parse(self.buffer.get(..self.filled).unwrap_or_default())?;
            }
            let needed = head.map_or(self.filled + 1, |head: Head| head.length + head.body);
            if needed <= self.filled {
                self.consumed = needed;
                return Ok(head);
            }
            if needed > LARGEST_MESSAGE {
                return Err(MessageError::TooLarge(needed));
            }
            if needed > self.buffer.len() {
                self.buffer.resize(needed.next_power_of_two(), 0);
            }
            match self.stream.read(self.buffer.get_mut(self.filled..).unwrap_or_default())? {
                0 if self.filled == 0 => return Ok(None),
                0 => return Err(MessageError::Truncated),
                count => self.filled += count,
            }
        }
    }
}

fn answer_head(bytes: &[u8]) -> Result<Option<Head>, MessageError> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut answer = Response::new(&mut headers);
    let Status::Complete(length) = answer.parse(bytes)? else { return Ok(None) };
    let body = body_length(answer.headers)?.ok_or(MessageError::NoLength)?;
    Ok(Some(Head { length, body, status: answer.code.unwrap_or_default() }))
}

/// RFC 9112, section 6.3: a request without a length has no body.
fn request_head(bytes: &[u8]) -> Result<Option<Head>, MessageError> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    let Status::Complete(length) = request.parse(bytes)? else { return Ok(None) };
    Ok(Some(Head { length, body: body_length(request.headers)?.unwrap_or_default(), status: 0 }))
}

fn body_length(headers: &[Header<'_>]) -> Result<Option<usize>, MessageError> {
    let mut found = None;
    for header in headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            let text = std::str::from_utf8(header.value).map_err(|_| MessageError::NoLength)?;
            found = Some(text.trim().parse().map_err(|_| MessageError::NoLength)?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(MessageError::NoLength);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;

    /// What is read of `sent` when it comes in pieces of `size` bytes.
    fn read_in_pieces<T: Send>(sent: &[u8], size: usize, read: impl Fn(&mut Connection) -> T) -> T {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                for piece in sent.chunks(size) {
                    stream.write_all(piece).unwrap();
                }
            });
            read(&mut Connection::over(listener.accept().unwrap().0).unwrap())
        })
    }

    #[test]
    fn messages_follow_each_other_whatever_the_pieces() {
        let requests = b"POST /v1/traces HTTP/1.1\r\nContent-Length: 5\r\n\r\nspansGET / HTTP/1.1\r\n\r\n";
        let answers =
            b"HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nteaHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        for size in [1, 7, 1000] {
            let read = read_in_pieces(requests, size, |connection| {
                let mut read = Vec::new();
                while let Some((is_post, body)) = connection.read_request().unwrap() {
                    read.push((is_post, body.to_vec()));
                }
                read
            });
            assert_eq!(read, [(true, b"spans".to_vec()), (false, Vec::new())]);
            let answers = read_in_pieces(answers, size, |connection| {
                [(); 2].map(|()| {
                    let (status, body) = connection.read_answer().unwrap();
                    (status, body.to_vec())
                })
            });
            assert_eq!(answers, [(200, b"tea".to_vec()), (503, Vec::new())]);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (answer, reason) in [
            (&b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"[..], "Transfer-Encoding"),
            (b"HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\ntea", "inside a message"),
            (b"HTTP/1.1 200 \r\nContent-Length: 99999999999\r\n\r\n", "a message of 100000000"),
            (b"", "inside a message"),
            (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
        ] {
            let failure =
                read_in_pieces(answer, 1000, |connection| connection.read_answer().unwrap_err().to_string());
            assert!(failure.contains(reason), "{failure}, not {reason}");
        }
    }
}
