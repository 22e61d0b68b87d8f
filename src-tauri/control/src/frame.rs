//! Frames: a length (u32, big endian), then that much JSON; at most 16 MiB, in both directions.
//!
//! In: a byte stream. Out: [`ClientFrame`]s on one side, [`ServerFrame`]s on the other.
//! A frame that is too large, cut off or no JSON gives a [`FrameError`]; the stream is then lost,
//! since nobody knows where the next frame begins.

use crate::event::Event;
use crate::request::{Answer, Request};
use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::codec::length_delimited::LengthDelimitedCodecError;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

pub(crate) const LARGEST_FRAME: usize = 16 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("the frame is larger than 16 MiB")]
    TooLarge,
    #[error("the frame is no valid JSON of this contract: {0}")]
    Broken(String),
    #[error("the other side ended in the middle of a frame")]
    CutOff,
    #[error("the connection failed")]
    Io(#[source] io::Error),
}

/// A question with a number that its answer will carry.
#[derive(Debug, Serialize)]
pub(crate) struct ClientFrame {
    pub id: u64,
    pub request: Request,
}

/// A question whose number was read, even when the rest is of another version.
#[derive(Debug)]
pub(crate) struct Asked {
    pub id: u64,
    pub request: Result<Request, String>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum ServerFrame {
    Answer {
        id: u64,
        answer: Box<Answer>,
    },
    Event {
        event: Box<Event>,
    },
    /// The last frame before the server closes: why.
    Broken {
        broken: String,
    },
}

/// What a server frame turned out to be, part by part.
#[derive(Debug)]
pub(crate) enum Told {
    Answer {
        id: u64,
        answer: Result<Box<Answer>, String>,
    },
    Event(Result<Box<Event>, String>),
    Broken(String),
    /// A frame of another version's kind, with nothing in it for us.
    Unknown,
}

/// The two halves of a byte stream, cut into frames.
pub(crate) fn split<IO: AsyncRead + AsyncWrite>(
    io: IO,
) -> (impl Stream<Item = Result<BytesMut, FrameError>> + Unpin, impl Sink<Bytes, Error = FrameError> + Unpin) {
    let (read, write) = tokio::io::split(io);
    let mut builder = LengthDelimitedCodec::builder();
    builder.length_field_type::<u32>().max_frame_length(LARGEST_FRAME);
    let frames = FramedRead::new(read, builder.new_codec()).map(|frame| frame.map_err(FrameError::from));
    let sink = SinkExt::<Bytes>::sink_map_err(FramedWrite::new(write, builder.new_codec()), FrameError::from);
    (frames, sink)
}

/// Writes what comes until there is no more, then closes.
pub(crate) async fn write(
    mut queue: mpsc::Receiver<Bytes>,
    mut sink: impl Sink<Bytes, Error = FrameError> + Unpin,
) -> Result<(), FrameError> {
    while let Some(frame) = queue.recv().await {
        sink.send(frame).await?;
    }
    sink.close().await
}

pub(crate) fn encode(frame: &impl Serialize) -> Result<Bytes, FrameError> {
    let json = serde_json::to_vec(frame).map_err(|error| FrameError::Broken(error.to_string()))?;
    if json.len() > LARGEST_FRAME { Err(FrameError::TooLarge) } else { Ok(json.into()) }
}

pub(crate) fn decode_asked(bytes: &[u8]) -> Result<Asked, FrameError> {
    let mut frame = object(bytes)?;
    let id = take(&mut frame, "id")?;
    let request = frame.get_mut("request").map(Value::take).ok_or_else(|| FrameError::Broken("no `request`".into()))?;
    Ok(Asked { id, request: serde_json::from_value(request).map_err(|error| error.to_string()) })
}

pub(crate) fn decode_told(bytes: &[u8]) -> Result<Told, FrameError> {
    let mut frame = object(bytes)?;
    if let Some(event) = frame.get_mut("event").map(Value::take) {
        return Ok(Told::Event(serde_json::from_value(event).map_err(|error| error.to_string())));
    }
    if let Some(answer) = frame.get_mut("answer").map(Value::take) {
        let id = take(&mut frame, "id")?;
        return Ok(Told::Answer { id, answer: serde_json::from_value(answer).map_err(|error| error.to_string()) });
    }
    if frame.get("broken").is_some() {
        return Ok(Told::Broken(take(&mut frame, "broken")?));
    }
    Ok(Told::Unknown)
}

fn object(bytes: &[u8]) -> Result<Value, FrameError> {
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(FrameError::Broken("not an object".into())),
        Err(error) => Err(FrameError::Broken(error.to_string())),
    }
}

fn take<T: DeserializeOwned>(frame: &mut Value, name: &str) -> Result<T, FrameError> {
    let value = frame.get_mut(name).map(Value::take).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| FrameError::Broken(format!("`{name}`: {error}")))
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        let too_large = error.get_ref().is_some_and(|inner| inner.is::<LengthDelimitedCodecError>());
        // The codec reports bytes left over at the end as `Other`.
        if too_large {
            Self::TooLarge
        } else if error.kind() == io::ErrorKind::Other {
            Self::CutOff
        } else {
            Self::Io(error)
        }
    }
}
