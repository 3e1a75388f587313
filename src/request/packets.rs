//! Reads HTTP from captured packets: output of `tcpdump -A` and `-X`, and packets that Wireshark copied as hex.

use std::collections::BTreeSet;

use etherparse::{LaxSlicedPacket, TransportSlice};

use super::{Captured, Note, ReadResult, RequestError, hex, raw, wrapping};

/// Lengths of the IP and TCP headers before the payload in `tcpdump -A`, with the usual options.
const HEADER_LENGTHS: &[usize] = &[52, 40, 72, 60, 64, 56, 48, 44, 80, 84];
/// Lengths of the link header before the IP header: none, Ethernet, loopback, Linux cooked captures.
const LINK_LENGTHS: &[usize] = &[0, 14, 4, 16, 18, 20];

/// The most directions of connections.
const MOST_FLOWS: usize = 1000;
/// The longest such line.
const LONGEST_HEADER: usize = 1024;

/// Whether a text begins with the line that tcpdump prints for a packet.
pub(super) fn begins(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').take(20).any(|line| header(line).is_some())
}

/// The line that tcpdump prints before a packet's bytes.
struct PacketHeader<'a> {
    /// Both ends: `10.0.0.1.5000 > 10.0.0.2.80`.
    flow: &'a str,
    /// The range of sequence numbers, which a retransmission repeats.
    sequence: Option<&'a str>,
    length: Option<usize>,
}

/// `12:00:00.000000 IP 10.0.0.1.5000 > 10.0.0.2.80: Flags [P.], seq 1:200, length 200`, or the second of two such lines.
fn header(line: &[u8]) -> Option<PacketHeader<'_>> {
    let text = std::str::from_utf8(&line[..line.len().min(LONGEST_HEADER)]).ok()?.trim();
    let (ends, rest) = text.split_once(": Flags [")?;
    let (before, receiver) = ends.rsplit_once(" > ")?;
    let sender = before.rsplit(' ').next()?;
    let is_address = |end: &str| !end.is_empty() && !end.contains(' ') && end.contains('.');
    let at = text.find(sender)?;
    let value = |name: &str| rest.split(", ").find_map(|part| part.strip_prefix(name));
    let length = value("length ").and_then(|length| length.split([':', ' ', ')']).next()?.parse().ok());
    let flow = &text[at..ends.len()];
    (is_address(sender) && is_address(receiver)).then_some(PacketHeader { flow, sequence: value("seq "), length })
}

/// Reads the requests in output of tcpdump.
pub(super) fn read(text: &[u8]) -> ReadResult {
    if text.windows(7).any(|seven| seven == b"0x0000:") {
        return of_packets(&hex::dumps(text));
    }
    let mut flows: Vec<Flow> = Vec::new();
    let mut block: Option<(PacketHeader<'_>, usize)> = None;
    for line in wrapping::lines(text) {
        if let Some(header) = header(&text[line.clone()]) {
            if let Some((before, start)) = block.take() {
                add(&mut flows, &before, &text[start..line.start]);
            }
            block = Some((header, line.end));
        }
    }
    if let Some((before, start)) = block {
        add(&mut flows, &before, &text[start..]);
    }
    let mut all = of_flows(&flows, "output of tcpdump -A")?;
    for captured in all.iter_mut().flatten() {
        captured.notes.extend(captured.request.body.contains(&b'.').then_some(Note::DotsForBytes));
    }
    Ok(all)
}

/// The bytes of one direction of a captured connection.
struct Flow {
    name: String,
    seen: BTreeSet<String>,
    bytes: Vec<u8>,
}

impl Flow {
    fn of<'f>(flows: &'f mut Vec<Self>, name: &str) -> &'f mut Self {
        let at = flows.iter().position(|flow| flow.name == name).unwrap_or_else(|| {
            flows.push(Self { name: name.to_owned(), seen: BTreeSet::new(), bytes: Vec::new() });
            flows.len() - 1
        });
        &mut flows[at]
    }
}

/// Adds the payload of a packet to its flow.
fn add(flows: &mut Vec<Flow>, header: &PacketHeader<'_>, block: &[u8]) {
    let Some(payload) = payload(header.length, wrapping::without_last_break(block)) else { return };
    if flows.len() >= MOST_FLOWS {
        return;
    }
    let flow = Flow::of(flows, header.flow);
    if let Some(sequence) = header.sequence
        && !flow.seen.insert(sequence.to_owned())
    {
        return;
    }
    flow.bytes.extend_from_slice(payload);
}

/// The payload in the printed characters of a packet: from the start of a message, or by its length after the headers.
/// tcpdump omits the first byte of each CRLF.
fn payload(length: Option<usize>, block: &[u8]) -> Option<&[u8]> {
    if length == Some(0) {
        return None;
    }
    if let Some(at) = message_start(block) {
        return Some(&block[at..]);
    }
    let length = length?;
    let fits = |exactly: bool| {
        HEADER_LENGTHS.iter().filter_map(|header| block.get(*header..)).find(|payload| {
            let breaks = payload.iter().filter(|byte| **byte == b'\n').count();
            payload.len() == length || (!exactly && payload.len() < length && payload.len() + breaks >= length)
        })
    };
    fits(true).or_else(|| fits(false))
}

/// The start of a message in the characters of a packet, but not in tcpdump's own description, which a tab indents.
fn message_start(block: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + raw::next_message(&block[from..])?;
        if at == 0 || block[at - 1] != b'\t' {
            return Some(at);
        }
        from = at + block[at..].iter().position(|byte| *byte == b'\n')?;
    }
}

/// Reads the requests in whole packets.
pub(super) fn of_packets(packets: &[Vec<u8>]) -> ReadResult {
    let mut segments = Vec::new();
    for packet in packets {
        segments.extend(LINK_LENGTHS.iter().find_map(|link| segment(packet.get(*link..)?)));
    }
    // In the order of sending, each once. A flow starts with the first packet that begins a message.
    let mut flows: Vec<Flow> = Vec::new();
    let begins = |one: &&Segment| raw::begins(&one.payload) || raw::begins_response(&one.payload);
    let first: Vec<(String, u32)> =
        segments.iter().filter(begins).map(|one: &Segment| (one.flow.clone(), one.sequence)).collect();
    let start =
        |flow: &str| first.iter().take(MOST_FLOWS).find(|(name, _)| name == flow).map_or(0, |(_, sequence)| *sequence);
    segments.sort_by_key(|one| (one.flow.clone(), one.sequence.wrapping_sub(start(&one.flow))));
    segments.dedup_by(|one, other| one.flow == other.flow && one.sequence == other.sequence);
    for segment in segments {
        if flows.len() >= MOST_FLOWS {
            break;
        }
        Flow::of(&mut flows, &segment.flow).bytes.extend(segment.payload);
    }
    of_flows(&flows, "captured packets")
}

/// The bytes of one TCP segment, and where in which direction of a connection they belong.
struct Segment {
    flow: String,
    sequence: u32,
    payload: Vec<u8>,
}

/// The TCP segment of a packet that begins with the IP header.
fn segment(packet: &[u8]) -> Option<Segment> {
    let sliced = LaxSlicedPacket::from_ip(packet).ok()?;
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { return None };
    let flow = format!("{} > {}", tcp.source_port(), tcp.destination_port());
    (!tcp.payload().is_empty()).then(|| Segment {
        flow,
        sequence: tcp.sequence_number(),
        payload: tcp.payload().to_vec(),
    })
}

/// Reads the requests of every flow that has some.
fn of_flows(flows: &[Flow], format: &str) -> ReadResult {
    let mut all = Vec::new();
    for flow in flows.iter().filter_map(|flow| raw::next_message(&flow.bytes).map(|at| &flow.bytes[at..])) {
        all.extend(raw::read(flow).unwrap_or_default());
    }
    for captured in all.iter_mut().flatten() {
        let captured: &mut Captured = captured;
        captured.format = format.to_owned();
    }
    if all.is_empty() { Err(RequestError::NoPacket) } else { Ok(all) }
}
