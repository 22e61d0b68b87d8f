//! A watcher's end: asks many things at a time, hears events, and says when the link is lost.
//!
//! In: requests. Out: their answers; events as a stream, once `Subscribe` has been asked.
//! Clones share one connection; it closes when the last of them, and the last stream, is dropped.

use crate::event::{Event, Fact};
use crate::frame::{self, ClientFrame, FrameError, Told};
use crate::request::{Answer, Request};
use crate::server::{Desk, serve};
use bytes::{Bytes, BytesMut};
use futures_util::Sink;
use futures_util::stream::{self, Stream, StreamExt};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{broadcast, mpsc, oneshot};

/// Events a stream may be behind before it is told that it lagged.
const MOST_EVENTS: usize = 256;

#[derive(Debug, Clone)]
pub struct Client {
    ask: mpsc::Sender<Ask>,
    /// The link owns the sender: when it is lost, streams end.
    events: broadcast::WeakSender<Event>,
    lost: Arc<OnceLock<String>>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    #[error("the connection to the engine is lost: {0}")]
    LinkLost(String),
    #[error("the request is larger than 16 MiB")]
    TooLarge,
    #[error("the engine's answer was not understood: {0}")]
    NotUnderstood(String),
}

#[derive(Debug)]
struct Ask {
    request: Request,
    answer: oneshot::Sender<Result<Answer, ClientError>>,
}

impl Client {
    /// Speaks over this byte stream from now on. Must be called within a tokio runtime.
    pub fn over<IO>(io: IO) -> Self
    where
        IO: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (ask, asked) = mpsc::channel(64);
        let (events, _) = broadcast::channel(MOST_EVENTS);
        let lost = Arc::new(OnceLock::new());
        let client = Self { ask, events: events.downgrade(), lost: lost.clone() };
        let (frames, sink) = frame::split(io);
        tokio::spawn(link(asked, frames, sink, events, lost));
        client
    }

    /// A desk in the same process, behind the same codec as everywhere.
    pub fn in_memory(desk: Arc<dyn Desk>) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(async move {
            if let Err(error) = serve(theirs, desk).await {
                tracing::warn!(%error, "A connection within the process failed");
            }
        });
        Self::over(ours)
    }

    pub async fn call(&self, request: Request) -> Result<Answer, ClientError> {
        let (answer, answered) = oneshot::channel();
        if self.ask.send(Ask { request, answer }).await.is_err() {
            return Err(self.link_lost());
        }
        answered.await.unwrap_or_else(|_| Err(self.link_lost()))
    }

    /// Events from now on, to be called before `Subscribe` is asked. Ends when the link is lost.
    pub fn events(&self) -> impl Stream<Item = Event> + Send + Unpin + use<> {
        let receiver = self.events.upgrade().map(|events| events.subscribe());
        let keeps_the_link = self.ask.clone();
        Box::pin(stream::unfold((receiver, keeps_the_link), |(receiver, link)| async move {
            let mut receiver = receiver?;
            let event = match receiver.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => Event::unnumbered(Fact::Lagged),
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            Some((event, (Some(receiver), link)))
        }))
    }

    /// Why the link is lost; None while it stands.
    pub fn lost(&self) -> Option<String> {
        self.lost.get().cloned()
    }

    /// Waits until the link is lost.
    pub async fn until_lost(&self) -> String {
        self.ask.closed().await;
        self.lost().unwrap_or_default()
    }

    fn link_lost(&self) -> ClientError {
        ClientError::LinkLost(self.lost().unwrap_or_else(|| "it was closed".into()))
    }
}

type Waiting = HashMap<u64, oneshot::Sender<Result<Answer, ClientError>>>;

/// Owns the connection: numbers the questions and hands each answer to its asker.
async fn link(
    mut asked: mpsc::Receiver<Ask>,
    mut frames: impl Stream<Item = Result<BytesMut, FrameError>> + Unpin,
    sink: impl Sink<Bytes, Error = FrameError> + Unpin + Send + 'static,
    events: broadcast::Sender<Event>,
    lost: Arc<OnceLock<String>>,
) {
    let (out, queue) = mpsc::channel(16);
    let mut writer = tokio::spawn(frame::write(queue, sink));
    let mut waiting = Waiting::new();
    let mut next_id = 1;
    let why = loop {
        tokio::select! {
            // Asks wait for room without keeping us from reading, or both sides could wait for each other.
            (room, ask) = async { (out.reserve().await, asked.recv().await) } => match ask {
                Some(ask) => {
                    let id = next_id;
                    next_id += 1;
                    match frame::encode(&ClientFrame { id, request: ask.request }) {
                        // A writer that ended is noticed below.
                        Ok(frame) => if let Ok(room) = room {
                            room.send(frame);
                            waiting.insert(id, ask.answer);
                        },
                        Err(_) => { let _ = ask.answer.send(Err(ClientError::TooLarge)); }
                    }
                }
                None => break "it was closed".to_owned(),
            },
            frame = frames.next() => match frame.map(|frame| frame.and_then(|frame| frame::decode_told(&frame))) {
                Some(Ok(told)) => match told {
                    Told::Answer { id, answer } => if let Some(asker) = waiting.remove(&id) {
                        let _ = asker.send(answer.map(|answer| *answer).map_err(ClientError::NotUnderstood));
                    },
                    Told::Event(event) => {
                        // An event of another version must not be missed silently either.
                        let event = event.map_or_else(|_| Event::unnumbered(Fact::Lagged), |event| *event);
                        let _ = events.send(event);
                    }
                    Told::Broken(said) => break said,
                    Told::Unknown => {}
                },
                Some(Err(error)) => break error.to_string(),
                None => break "the engine closed it".to_owned(),
            },
            written = &mut writer => break match written {
                Ok(Err(error)) => error.to_string(),
                Ok(Ok(())) | Err(_) => "it was closed".to_owned(),
            },
        }
    };
    let _ = lost.set(why.clone());
    asked.close();
    for asker in waiting.into_values() {
        let _ = asker.send(Err(ClientError::LinkLost(why.clone())));
    }
    while let Ok(ask) = asked.try_recv() {
        let _ = ask.answer.send(Err(ClientError::LinkLost(why.clone())));
    }
    writer.abort();
}
