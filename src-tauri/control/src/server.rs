//! One watcher's connection, on the engine's side.
//!
//! In: a byte stream and a [`Desk`]. Out: one answer for each request, in any order; after
//! `Subscribe` the desk's events, gathered for [`MOMENT`].
//!
//! A slow reader costs a bounded amount: it is told that it lagged. A request once begun is
//! finished even when the asker is gone: settings half applied would be worse.

use crate::event::{Event, Fact};
use crate::frame::{self, FrameError, ServerFrame};
use crate::gather::Gather;
use crate::problem::{Problem, ProblemCode};
use crate::request::{Answer, Refused, Request};
use crate::view::ProbeStep;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::sleep;

/// How long events are gathered after one was sent. The first goes out at once.
pub const MOMENT: Duration = Duration::from_millis(80);
/// Requests of one connection under way at a time; the next waits unread.
const MOST_CALLS: usize = 64;
/// Whoever connects asks something within this time, or is let go: a window and a shell do so at once.
pub(crate) const FIRST_WORD: Duration = Duration::from_secs(30);
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
/// A broken peer is told why, if it still reads.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Whoever answers.
pub trait Desk: Send + Sync + 'static {
    fn call(&self, request: Request, progress: Progress) -> BoxFuture<'static, Answer>;
    /// From now on; each event numbered one higher than the one before, or not numbered.
    fn subscribe(&self) -> BoxStream<'static, Event>;
}

/// Where a call under way tells its steps; they reach its own connection before the answer.
#[derive(Debug, Clone)]
pub struct Progress(mpsc::UnboundedSender<Event>);

impl Progress {
    pub fn probed(&self, probe: u32, step: ProbeStep) {
        // Nobody listens when the asker is gone.
        let _ = self.0.send(Event::unnumbered(Fact::Probed { probe, step }));
    }
}

/// Serves one connection until it ends. `Ok` when the peer closed it between two frames.
pub async fn serve<IO>(io: IO, desk: Arc<dyn Desk>) -> Result<(), FrameError>
where
    IO: AsyncRead + AsyncWrite + Send + 'static,
{
    let (frames, sink) = frame::split(io);
    let (out, queue) = mpsc::channel(16);
    let mut writer = tokio::spawn(frame::write(queue, sink));
    let served = tokio::select! {
        served = read(frames, desk, out.clone()) => served,
        // A reader that is gone while we wait for its next request.
        written = &mut writer => return written.unwrap_or(Ok(())),
    };
    if let Err(error) = &served
        && !matches!(error, FrameError::Io(_) | FrameError::CutOff)
        && let Ok(last) = frame::encode(&ServerFrame::Broken { broken: error.to_string() })
    {
        let _ = tokio::time::timeout(LAST_WORD, out.send(last)).await;
    }
    drop(out);
    // Answers under way are still written; a peer that does not read them is let go.
    if tokio::time::timeout(LAST_WORD, &mut writer).await.is_err() {
        writer.abort();
    }
    served
}

async fn read(
    mut frames: impl Stream<Item = Result<bytes::BytesMut, FrameError>> + Unpin,
    desk: Arc<dyn Desk>,
    out: mpsc::Sender<Bytes>,
) -> Result<(), FrameError> {
    let calls = Arc::new(Semaphore::new(MOST_CALLS));
    // Dropped with this future: the events stop when the connection ends.
    let mut telling = tokio::task::JoinSet::new();
    let mut patience = FIRST_WORD;
    while let Ok(Some(frame)) = tokio::time::timeout(patience, frames.next()).await {
        // From now on it may listen in silence.
        patience = FAR_FUTURE;
        let asked = frame::decode_asked(&frame?)?;
        let request = match asked.request {
            Ok(request) => request,
            Err(said) => {
                send_answer(&out, asked.id, Answer::Refused { refused: Refused::NotUnderstood { said } }).await;
                continue;
            }
        };
        if matches!(request, Request::Subscribe) {
            if telling.is_empty() {
                telling.spawn(tell(desk.subscribe(), out.clone()));
            }
            send_answer(&out, asked.id, Answer::Done).await;
            continue;
        }
        let Ok(permit) = calls.clone().acquire_owned().await else { break };
        let (desk, out) = (desk.clone(), out.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let answer = answer(desk, request, &out).await;
            send_answer(&out, asked.id, answer).await;
        });
    }
    Ok(())
}

/// Runs one request; a desk that panics over it answers with an engine fault.
async fn answer(desk: Arc<dyn Desk>, request: Request, out: &mpsc::Sender<Bytes>) -> Answer {
    let (steps, mut progress) = mpsc::unbounded_channel();
    let mut call = tokio::spawn(async move { desk.call(request, Progress(steps)).await });
    let answered = loop {
        tokio::select! {
            biased;
            Some(event) = progress.recv() => send_event(out, event).await,
            answered = &mut call => break answered,
        }
    };
    while let Ok(event) = progress.try_recv() {
        send_event(out, event).await;
    }
    match answered {
        Ok(answer) => answer,
        Err(_panicked) => Answer::Refused { refused: Refused::Trouble { problem: Problem::new(ProblemCode::EngineFault) } },
    }
}

async fn tell(mut events: BoxStream<'static, Event>, out: mpsc::Sender<Bytes>) {
    let mut gather = Gather::default();
    let pause = sleep(Duration::ZERO);
    tokio::pin!(pause);
    let mut pausing = false;
    loop {
        tokio::select! {
            () = &mut pause, if pausing => pausing = false,
            event = events.next() => match event {
                Some(event) => gather.add(event),
                None => break,
            },
            // A slow reader keeps this from being ready; meanwhile events go on being merged.
            room = out.reserve(), if !pausing && !gather.is_empty() => {
                let Ok(room) = room else { return };
                let mut events = gather.take().into_iter();
                if let Some(frame) = events.next().and_then(encode_event) {
                    room.send(frame);
                }
                for event in events {
                    send_event(&out, event).await;
                }
                pause.set(sleep(MOMENT));
                pausing = true;
            }
        }
    }
    for event in gather.take() {
        send_event(&out, event).await;
    }
}

async fn send_event(out: &mpsc::Sender<Bytes>, event: Event) {
    if let Some(frame) = encode_event(event) {
        let _ = out.send(frame).await;
    }
}

fn encode_event(event: Event) -> Option<Bytes> {
    let lagged = || ServerFrame::Event { event: Box::new(Event::unnumbered(Fact::Lagged)) };
    frame::encode(&ServerFrame::Event { event: Box::new(event) }).or_else(|_| frame::encode(&lagged())).ok()
}

async fn send_answer(out: &mpsc::Sender<Bytes>, id: u64, answer: Answer) {
    let frame = frame::encode(&ServerFrame::Answer { id, answer: Box::new(answer) }).or_else(|error| {
        let problem = Problem::new(ProblemCode::Other).said(format!("the answer cannot be sent: {error}"));
        let answer = Box::new(Answer::Refused { refused: Refused::Trouble { problem } });
        frame::encode(&ServerFrame::Answer { id, answer })
    });
    if let Ok(frame) = frame {
        let _ = out.send(frame).await;
    }
}
