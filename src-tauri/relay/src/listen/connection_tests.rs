//! What the socket of a connection is set to.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::clock::SystemClock;
use crate::listen::caps::Caps;
use crate::listen::{Accounts, Admit, RefusedBook};
use crate::store::Store;
use crate::store::tests::Quiet;
use std::collections::BTreeMap;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;

fn hall(folder: &std::path::Path) -> Hall {
    let (store, _) = Store::open(folder, Box::new(Quiet)).unwrap();
    let (config, board, stop) = (crate::engine::tests::config(), Arc::<Board>::default(), CancellationToken::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Hall {
        store: store.clone(),
        board: Arc::clone(&board),
        clock: Arc::clone(&clock),
        verify: Arc::new(Accounts::new(store.clone(), Arc::clone(&board), Arc::clone(&clock), &config, stop.clone())),
        admit: Arc::new(Admit::new(Arc::clone(&board), BTreeMap::new(), clock.now())),
        refused: Arc::new(RefusedBook::new(store, board, 0, Vec::new())),
        setup: watch::channel(Setup::new(config)).1,
        caps: Caps::default(),
        disk_full: Arc::default(),
        stop,
    }
}

/// Nagle's algorithm and a device's delayed acknowledgement would hold each reply back for up to 40 ms (Windows: 200 ms).
#[tokio::test]
async fn replies_do_not_wait_for_what_follows_them() {
    let folder = tempfile::tempdir().unwrap();
    let hall = Arc::new(hall(folder.path()));
    let listener = hall.setup.borrow().config.listeners[0].clone();
    let door = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let device = TcpStream::connect(door.local_addr().unwrap()).await.unwrap();
    let (stream, peer) = door.accept().unwrap();
    // Another handle of the same socket.
    let same = stream.try_clone().unwrap();
    assert!(!same.nodelay().unwrap(), "by itself it is not set");
    stream.set_nonblocking(true).unwrap();
    let served = tokio::spawn(serve(TcpStream::from_std(stream).unwrap(), peer, Arc::new(Plate::new(listener)), hall));
    let mut lines = BufReader::new(device).lines();
    let greeting = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await.unwrap().unwrap();
    assert!(greeting.is_some_and(|greeting| greeting.starts_with("220 ")));
    assert!(same.nodelay().unwrap());
    drop(lines);
    served.await.unwrap();
}
