//! Raw requests as they are saved: framed, cut, folded, joined.

use super::*;

fn read(text: &[u8]) -> Result<Received, RequestError> {
    read_one(text).map(|captured| captured.request)
}

#[test]
fn the_body_is_what_content_length_says_and_not_what_an_editor_added() {
    let text = b"POST /hook?a=b HTTP/1.1\r\nHost: h.example\r\nContent-Length: 3\r\n\r\n{}\n\n\n";
    let received = read(text).expect("a request");
    assert_eq!(&received.body[..], b"{}\n");
    assert_eq!(received.url.as_deref(), Some("https://h.example/hook?a=b"));
}

#[test]
fn a_body_of_another_length_than_its_header_says_is_read_and_told() {
    for (rest, body, differs) in [
        ("ab\n", "ab\n", None),
        ("ab\n\r\n", "ab\n", None),
        ("ab", "ab", Some((3, 2))),
        ("", "", Some((3, 0))),
        ("ab\nc", "ab\nc", Some((3, 4))),
        ("ab\n\nPOST", "ab\n\nPOST", Some((3, 8))),
    ] {
        let received = read(format!("POST / HTTP/1.1\ncontent-length: 3\n\n{rest}").as_bytes()).expect("a request");
        assert_eq!(&received.body[..], body.as_bytes());
        assert_eq!(received.length_differs(), differs, "{rest:?}");
        assert_eq!(received.headers["content-length"], "3");
    }
}

#[test]
fn without_a_length_every_byte_counts() {
    let received = read(b"POST / HTTP/1.1\nhost: h\n\n{}\r\n").expect("a request");
    assert_eq!(&received.body[..], b"{}\r\n");
}

#[test]
fn chunks_are_joined() {
    let text = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    assert_eq!(&read(text).expect("a request").body[..], b"abcde");
    for joined in ["a=b&c=d", "abc", "{\"a\":1}\n", "12 monkeys\n", ""] {
        let text = format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{joined}");
        assert_eq!(read(text.as_bytes()).expect("a request").body, joined);
    }
    let cut = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n4c\r\nabc";
    assert_eq!(read(cut), Err(RequestError::Chunks));
}

#[test]
fn a_folded_header_is_one() {
    let received = read(b"POST / HTTP/1.1\r\na: b\r\n\t c\r\n d\r\ne: f\r\n\r\n").expect("a request");
    assert_eq!(
        (&received.headers["a"], &received.headers["e"]),
        (&"b c d".parse().expect("text"), &"f".parse().expect("text"))
    );
    assert!(matches!(read(b"POST / HTTP/1.1\r\n a: b\r\n\r\n"), Err(RequestError::Header(_))));
}

#[test]
fn a_head_of_http_2_is_read_by_its_pseudo_headers() {
    let text = ":method: PUT\n:path: /x?y\n:authority: h.example\n:scheme: http\na: b\n\n{}";
    let received = read(text.as_bytes()).expect("a request");
    assert_eq!((received.method.as_str(), received.url.as_deref()), ("PUT", Some("http://h.example/x?y")));
    assert_eq!((received.headers.len(), &received.body[..]), (1, &b"{}"[..]));
    for text in [":path: /x\n\n", ":method: PUT\n\n", ":method: PUT\n:method: GET\n:path: /\n\n", ":\n\n"] {
        assert!(matches!(read(text.as_bytes()), Err(RequestError::RequestLine(_))), "{text}");
    }
}

#[test]
fn what_is_not_a_request_is_refused_with_its_reason() {
    assert!(matches!(read(b"{}\n\n"), Err(RequestError::RequestLine(_))));
    assert!(matches!(read(b""), Err(RequestError::NoBlankLine)));
    assert!(matches!(read(b"POST / HTTP/1.1\na: b"), Err(RequestError::NoBlankLine)));
    assert!(matches!(read(b"POST / HTTP/1.1\nno colon\n\n"), Err(RequestError::Header(_))));
    assert!(matches!(
        read(b"POST / HTTP/1.1\ntransfer-encoding: chunked\n\nffffffffffffffff\nx"),
        Err(RequestError::TooLong)
    ));
}

#[test]
fn a_response_behind_the_body_is_left_out_and_told() {
    for (rest, body) in [
        ("content-length: 2\r\n\r\n{}HTTP/1.1 401 Unauthorized\r\n\r\nno", "{}"),
        ("content-length: 2\n\n{}\n\nHTTP/2 204\n", "{}"),
        ("content-length: 5\n\n{\n}\nHTTP/1.1 200 OK\n\nyes", "{\n}"),
        ("a: b\n\n{}\n\nHTTP/1.1 200 OK\n\nyes", "{}"),
        ("transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "{}"),
    ] {
        let captured = read_one(format!("POST / HTTP/1.1\n{rest}").as_bytes()).expect("a request");
        assert_eq!((&captured.request.body[..], captured.notes), (body.as_bytes(), vec![Note::ResponseCut]), "{rest}");
    }
    for whole in ["a\nHTTP/1.1 is old", "GET /x HTTP/1.0\" 200 5", "POST / HTTP/1.1 x"] {
        let text = format!("POST / HTTP/1.1\na: b\n\n{whole}");
        assert_eq!(read(text.as_bytes()).expect("a request").body, whole);
    }
}

#[test]
fn every_request_of_a_connection_is_read() {
    let text = "HTTP/1.1 100 Continue\r\n\r\nPOST /a HTTP/1.1\r\ncontent-length: 1\r\n\r\n1HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokPOST /b HTTP/1.1\r\n\
                content-length: 1\r\n\r\n2GET /c HTTP/1.1\r\nhost: h\r\n\r\n";
    let all: Vec<_> = super::read(text.as_bytes())
        .expect("requests")
        .into_iter()
        .map(|one| one.expect("a request").request)
        .collect();
    let bodies: Vec<_> = all.iter().map(|one| (one.method.as_str(), &one.body[..])).collect();
    assert_eq!(bodies, [("POST", &b"1"[..]), ("POST", b"2"), ("GET", b"")]);
    assert_eq!(super::read(b"HTTP/1.1 200 OK\r\n\r\nok"), Err(RequestError::Response));
}

#[test]
fn what_is_written_is_read_as_it_was_whatever_the_body_holds() {
    for body in ["\nHTTP/1.1 200 OK\n", "POST / HTTP/1.1\n\n", "### x\n", "\n\n", "> a\n", "```\na\n```"] {
        let request = Received { url: Some("https://h/{{x}}".into()), body: Bytes::from(body), ..Received::default() };
        assert_eq!(crate::request::read(&write(&request)).expect("a request")[0].request.body, body);
    }
}
