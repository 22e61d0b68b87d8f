//! A smart host that does as it is told: speaks the real contract, and fails where a test wants it to.
//!
//! In: a script, changeable while it runs. Out: every message with its envelope, exact content and
//! circumstances, every command in its order, and counters.

use crate::fake_talk;
use crate::faults::{Answer, Faults, Stage};
use futures_util::future::BoxFuture;
use rustls::ServerConfig;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How it encrypts.
#[derive(Clone)]
pub(crate) enum Encryption {
    None,
    Starttls(Arc<ServerConfig>),
    Implicit(Arc<ServerConfig>),
}

/// One message taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Counted from 1.
    pub connection: usize,
    pub encrypted: bool,
    pub signed_in: Option<String>,
    /// Without angle brackets.
    pub reverse_path: String,
    /// What stood behind the address: `SIZE=12 BODY=8BITMIME`.
    pub parameters: String,
    /// Those that were accepted.
    pub forward_paths: Vec<String>,
    /// Without dot-stuffing and without the final dot.
    pub content: Vec<u8>,
}

/// Whom it lets in.
#[derive(Clone)]
pub(crate) enum SignsIn {
    Password(String, String),
    /// Who has a token that is good.
    Token(String, Judge),
    /// Who has shown a certificate.
    Certificate,
}

/// Says of a token whether it is good; an empty text, or why not as the `status` of a challenge.
pub type Judge = Arc<dyn Fn(String) -> BoxFuture<'static, &'static str> + Send + Sync>;

/// Where messages go as they are taken; numbered from 1.
pub(crate) type Keeper = Arc<dyn Fn(usize, &Taken) -> io::Result<()> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Offers {
    pub encryption: Encryption,
    pub sign_in: Option<SignsIn>,
    pub mechanisms: String,
    pub lines: Vec<String>,
}

/// What a test builds.
pub struct FakeSmartHost {
    offers: Offers,
    faults: Faults,
    keeper: Option<Keeper>,
}

/// What a test watches while it runs. Dropping it ends it.
pub struct SmartHostRunning {
    address: SocketAddr,
    pub(crate) book: Arc<Book>,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

pub(crate) struct Book {
    pub pages: Mutex<Pages>,
    pub changed: watch::Sender<u64>,
}

pub(crate) struct Pages {
    pub offers: Offers,
    pub faults: Faults,
    pub keeper: Option<Keeper>,
    pub taken: Vec<Taken>,
    pub kept: usize,
    /// Connection and line.
    pub commands: Vec<(usize, String)>,
    pub connections: usize,
    pub open: usize,
    pub handshakes_failed: usize,
    /// How often it has fallen silent.
    pub stalled: usize,
    /// More than one command was on its way at once.
    pub pipelined: bool,
}

impl Default for FakeSmartHost {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeSmartHost {
    /// Plain text, no sign-in; offers PIPELINING, 8BITMIME and SIZE 36700160.
    pub fn new() -> Self {
        let lines = ["PIPELINING", "SIZE 36700160", "8BITMIME", "ENHANCEDSTATUSCODES"].map(str::to_owned).to_vec();
        let offers = Offers { encryption: Encryption::None, sign_in: None, mechanisms: "PLAIN LOGIN".into(), lines };
        Self { offers, faults: Faults::default(), keeper: None }
    }

    #[must_use]
    pub fn starttls(mut self, config: Arc<ServerConfig>) -> Self {
        self.offers.encryption = Encryption::Starttls(config);
        self
    }

    #[must_use]
    pub fn implicit(mut self, config: Arc<ServerConfig>) -> Self {
        self.offers.encryption = Encryption::Implicit(config);
        self
    }

    /// Nobody gets further than EHLO without these.
    #[must_use]
    pub fn auth(mut self, user: &str, password: &str) -> Self {
        self.offers.sign_in = Some(SignsIn::Password(user.to_owned(), password.to_owned()));
        self
    }

    /// Nobody gets further than EHLO without a token that is good; offers `XOAUTH2`.
    #[must_use]
    pub fn tokens<J>(mut self, user: &str, judge: impl Fn(String) -> J + Send + Sync + 'static) -> Self
    where
        J: Future<Output = &'static str> + Send + 'static,
    {
        self.offers.sign_in = Some(SignsIn::Token(user.to_owned(), Arc::new(move |token| Box::pin(judge(token)))));
        self.mechanisms("PLAIN LOGIN XOAUTH2")
    }

    /// Nobody gets further than EHLO without a certificate; offers no other way.
    #[must_use]
    pub fn certificates(mut self) -> Self {
        self.offers.sign_in = Some(SignsIn::Certificate);
        self.mechanisms("")
    }

    /// `PLAIN LOGIN` unless said otherwise.
    #[must_use]
    pub fn mechanisms(mut self, mechanisms: &str) -> Self {
        self.offers.mechanisms = mechanisms.to_owned();
        self
    }

    /// Takes a line out of its EHLO answer, by its first word.
    #[must_use]
    pub fn without(mut self, keyword: &str) -> Self {
        self.offers.lines.retain(|line| line.split(' ').next() != Some(keyword));
        self
    }

    /// Puts a line into its EHLO answer: `DSN`, `SMTPUTF8`.
    #[must_use]
    pub fn offering(mut self, line: &str) -> Self {
        self.offers.lines.push(line.to_owned());
        self
    }

    #[must_use]
    pub fn size(self, bytes: u64) -> Self {
        let mut changed = self.without("SIZE");
        changed.offers.lines.push(format!("SIZE {bytes}"));
        changed
    }

    #[must_use]
    pub fn at(mut self, stage: Stage, answer: Answer) -> Self {
        self.faults.add(stage, answer, None);
        self
    }

    /// Hands each message over before it is answered instead of remembering it; a failure is answered with 452.
    #[must_use]
    pub fn kept_by(mut self, keeper: impl Fn(usize, &Taken) -> io::Result<()> + Send + Sync + 'static) -> Self {
        self.keeper = Some(Arc::new(keeper));
        self
    }

    #[must_use]
    pub fn refuse_recipient(self, address: &str, reply: &str) -> Self {
        self.at(Stage::Rcpt(address.to_owned()), Answer::Reply(reply.to_owned()))
    }

    pub async fn start(self) -> SmartHostRunning {
        self.start_on((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// On a given address, to come back where another was.
    pub async fn start_on(self, address: SocketAddr) -> SmartHostRunning {
        let listener = TcpListener::bind(address).await.expect("a port on this machine");
        let address = listener.local_addr().expect("its address");
        let pages = Pages {
            offers: self.offers,
            faults: self.faults,
            keeper: self.keeper,
            taken: Vec::new(),
            kept: 0,
            commands: Vec::new(),
            connections: 0,
            open: 0,
            handshakes_failed: 0,
            stalled: 0,
            pipelined: false,
        };
        let book = Arc::new(Book { pages: Mutex::new(pages), changed: watch::channel(0).0 });
        let task = tokio::spawn(listen(listener, Arc::clone(&book)));
        SmartHostRunning { address, book, task: Mutex::new(Some(task)) }
    }
}

async fn listen(listener: TcpListener, book: Arc<Book>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let number = book.write(|pages| {
            pages.connections += 1;
            pages.open += 1;
            pages.connections
        });
        let book = Arc::clone(&book);
        connections.spawn(async move {
            let _open = Open(&book);
            fake_talk::converse(stream, number, &book).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Counts a connection out, however it ends.
struct Open<'a>(&'a Book);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.write(|pages| pages.open -= 1);
    }
}

impl SmartHostRunning {
    /// An outage: nobody listens any more, all connections are gone. What was taken stays known.
    pub async fn stop(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
    }

    /// The end of the outage, on the same port.
    pub async fn start_again(&self) {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.expect("the port it had");
        let task = tokio::spawn(listen(listener, Arc::clone(&self.book)));
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, until [`Self::calm`]. The newest fault of a stage counts.
    pub fn at(&self, stage: Stage, answer: Answer) {
        self.book.write(|pages| pages.faults.add(stage, answer, None));
    }

    /// The next so many times only.
    pub fn times(&self, count: usize, stage: Stage, answer: Answer) {
        self.book.write(|pages| pages.faults.add(stage, answer, Some(count)));
    }

    pub fn refuse_recipient(&self, address: &str, reply: &str) {
        self.at(Stage::Rcpt(address.to_owned()), Answer::Reply(reply.to_owned()));
    }

    /// Forgets all faults.
    pub fn calm(&self) {
        self.book.write(|pages| pages.faults = Faults::default());
    }

    /// From now on it shows another certificate behind STARTTLS.
    pub fn shows(&self, config: Arc<ServerConfig>) {
        self.book.write(|pages| pages.offers.encryption = Encryption::Starttls(config));
    }

    /// From now on it offers other ways to sign in; none when empty.
    pub fn offers(&self, mechanisms: &str) {
        self.book.write(|pages| pages.offers.mechanisms = mechanisms.to_owned());
    }

    pub fn messages(&self) -> Vec<Taken> {
        self.book.read(|pages| pages.taken.clone())
    }

    /// All commands, in the order they came.
    pub fn commands(&self) -> Vec<String> {
        self.book.read(|pages| pages.commands.iter().map(|(_, line)| line.clone()).collect())
    }

    pub fn commands_of(&self, connection: usize) -> Vec<String> {
        self.book.read(|pages| pages.commands.iter().filter(|(number, _)| *number == connection).map(|(_, line)| line.clone()).collect())
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.book.read(|pages| pages.connections)
    }

    pub fn open_connections(&self) -> usize {
        self.book.read(|pages| pages.open)
    }

    pub fn handshakes_failed(&self) -> usize {
        self.book.read(|pages| pages.handshakes_failed)
    }

    /// Whether a client ever sent a command before it had the answer to the last.
    pub fn was_pipelined(&self) -> bool {
        self.book.read(|pages| pages.pipelined)
    }

    /// How many messages were taken, also of those handed over instead of remembered.
    pub fn kept(&self) -> usize {
        self.book.read(|pages| pages.kept)
    }

    /// Waits until so many messages have been taken.
    pub async fn until(&self, messages: usize) -> Vec<Taken> {
        self.until_book(|pages| pages.taken.len() >= messages).await;
        self.messages()
    }

    /// The first message that is as wanted, now or within half a minute.
    pub async fn finds(&self, wanted: impl Fn(&Taken) -> bool) -> Option<Taken> {
        let mut changed = self.book.changed.subscribe();
        let finding = async {
            loop {
                if let Some(found) = self.book.read(|pages| pages.taken.iter().find(|taken| wanted(taken)).cloned()) {
                    return Some(found);
                }
                changed.changed().await.ok()?;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), finding).await.ok().flatten()
    }

    pub async fn until_connections(&self, count: usize) {
        self.until_book(|pages| pages.connections >= count).await;
    }

    /// Waits until nobody is connected any more.
    pub async fn until_alone(&self) {
        self.until_book(|pages| pages.open == 0).await;
    }

    /// Waits until a command that starts so has come.
    pub async fn until_command(&self, start: &str) {
        self.until_book(|pages| pages.commands.iter().any(|(_, line)| line.starts_with(start))).await;
    }

    /// Waits until it has fallen silent so often ([`Answer::Stall`]).
    pub async fn until_silent(&self, times: usize) {
        self.until_book(|pages| pages.stalled >= times).await;
    }

    async fn until_book(&self, reached: impl Fn(&Pages) -> bool) {
        self.until_that(|running| running.book.read(&reached)).await;
    }

    /// Waits until what can be asked of it is as wanted.
    pub async fn until_that(&self, reached: impl Fn(&Self) -> bool) {
        let mut changed = self.book.changed.subscribe();
        let waiting = async {
            loop {
                if reached(self) {
                    return;
                }
                changed.changed().await.expect("the book is kept as long as its owner");
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), waiting).await.is_err() {
            let (taken, commands) = self.book.read(|pages| (pages.taken.len(), pages.commands.clone()));
            panic!("waited 30 s for the smart host; it took {taken} messages and heard {commands:#?}");
        }
    }
}

impl Drop for SmartHostRunning {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Book {
    pub fn read<T>(&self, look: impl FnOnce(&Pages) -> T) -> T {
        look(&self.lock())
    }

    pub fn write<T>(&self, act: impl FnOnce(&mut Pages) -> T) -> T {
        let result = act(&mut self.lock());
        self.changed.send_modify(|turn| *turn += 1);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    pub fn keep(&mut self, taken: Taken) -> io::Result<()> {
        match &self.keeper {
            Some(keeper) => keeper(self.kept + 1, &taken)?,
            None => self.taken.push(taken),
        }
        self.kept += 1;
        Ok(())
    }
}
