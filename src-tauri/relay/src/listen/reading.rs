//! Reads from a connection without holding a buffer while it waits: a thousand idle connections would hold a thousand.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Read at a time.
const AT_A_TIME: usize = 16 * 1024;

/// Waits until something can be read and hands it to `take`; gives how much it was, 0 at the end.
/// When dropped before, nothing is lost.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S, mut take: impl FnMut(&[u8])) -> io::Result<usize> {
    std::future::poll_fn(|context| {
        let mut space = [MaybeUninit::<u8>::uninit(); AT_A_TIME];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
        take(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
    .await
}
