// SPDX-License-Identifier: GPL-2.0

//! A round: workers are started, killed and waited for, and then the device must be as it was before.

use std::{
    collections::HashMap,
    ffi::CStr,
    fs, mem, ptr,
    sync::atomic::Ordering::Relaxed,
    thread,
    time::{Duration, Instant},
};

use libc::c_int;
use lunatik_cmd::abi;

use crate::{
    Result,
    board::Board,
    device::{
        self, Structure, answer, command, error_name, lunatik_info, lunatik_kill, lunatik_list,
        lunatik_result, lunatik_run, lunatik_script,
    },
    random::Random,
    worker::{self, Kind, Settings},
};

/// Workers at a time.
const AT_ONCE: usize = 6;
/// A script that is older is killed: one has no limit that comes soon, or holds a state that others wait for.
const OLD: Duration = Duration::from_millis(700);
/// Between two looks at what there is no event for.
const LOOK: Duration = Duration::from_millis(10);

pub struct Round<'a> {
    pub settings: &'a Settings,
    pub device: &'a str,
    /// How many there are in all.
    pub workers: u64,
    /// Nothing takes longer.
    pub patience: Duration,
}

/// A descriptor of the device that is closed when it goes.
struct File(c_int);

impl File {
    fn open(path: &CStr, flags: c_int) -> Result<Self> {
        device::open(path, flags)
            .map(Self)
            .map_err(|error| format!("open: {}", error_name(error)))
    }

    /// An ioctl with a structure that is what it should be.
    fn control<T: Structure>(&self, nr: u32, structure: &mut T) -> device::Answer {
        let at = ptr::from_mut(structure).expose_provenance() as u64;
        device::ioctl(self.0, command(nr, size_of::<T>()), at)
    }

    /// Those scripts that there are.
    fn list(&self) -> Result<Vec<lunatik_script>> {
        let mut rows = vec![lunatik_script::default(); 256];
        let mut list = lunatik_list {
            scripts: rows.as_mut_ptr().expose_provenance() as u64,
            room: rows.len() as u32,
            stride: size_of::<lunatik_script>() as u32,
            ..lunatik_list::default()
        };
        self.control(3, &mut list)
            .map_err(|error| format!("LIST: {}", error_name(error)))?;
        rows.truncate(list.count as usize);
        Ok(rows)
    }

    /// Ends scripts that have had their time.
    fn kill_old(&self) -> Result<()> {
        for script in self.list()? {
            if Duration::from_nanos(script.age) > OLD {
                // It may have ended by itself.
                let _ = self.control(4, &mut lunatik_kill { id: script.id });
            }
        }
        Ok(())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // What a script may have to say of it has been asked for.
        let _ = device::close(self.0);
    }
}

/// What the device says of itself.
pub fn info(path: &CStr) -> Result<lunatik_info> {
    let mut info = lunatik_info::default();
    File::open(path, libc::O_RDONLY)?
        .control(0, &mut info)
        .map_err(|error| format!("INFO: {}", error_name(error)))?;
    Ok(info)
}

impl Round<'_> {
    /// Says what was done, and what it came to.
    pub fn run(&self, leave: bool) -> Result<String> {
        let board = Board::new();
        // SAFETY: Orphans of a worker are this process's, so that there is one to wait for all.
        unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
        let killed = self.work(board)?;
        if !leave {
            self.settle()?;
            self.is_alive()?;
            self.settle()?;
        }
        Ok(format!(
            "seed {} on {}: {} operations of {} processes, {killed} of them killed\n{}",
            self.settings.seed,
            self.device,
            board.operations(),
            board.processes().len(),
            board.answers()
        ))
    }

    /// Has all workers come and go. Says how many were killed from here.
    fn work(&self, board: &'static Board) -> Result<usize> {
        let mut random = Random::of(&[self.settings.seed]);
        let control = File::open(&self.settings.path, libc::O_RDONLY)?;
        let ended = ChildSignal::block();
        let (mut live, mut started, mut killed) = (Vec::new(), 0, 0);
        let mut watch = Watch::default();
        loop {
            while live.len() < AT_ONCE && started < self.workers && !board.has_failed() {
                // SAFETY: There is one thread.
                let child = unsafe { libc::fork() };
                if child == 0 {
                    worker::work(self.settings, board, started);
                }
                live.push(child);
                started += 1;
            }
            ended.wait(Duration::from_millis(1 + random.below(30) as u64));
            loop {
                // SAFETY: No status is wanted.
                let child =
                    answer(unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) }.into());
                match child {
                    // None is left, not even an orphan.
                    Err(_) if started == self.workers || board.has_failed() => {
                        return if board.has_failed() {
                            Err("see above".to_owned())
                        } else {
                            Ok(killed)
                        };
                    }
                    Err(_) | Ok(0) => break,
                    Ok(child) => live.retain(|other| *other != child as c_int),
                }
            }
            // A descendant of a worker is not this process's to kill, for its number might be another's by now.
            if !live.is_empty() && random.one_in(12) {
                // SAFETY: It is a child that has not been waited for.
                unsafe { libc::kill(random.pick(&live), libc::SIGKILL) };
                killed += 1;
            }
            control.kill_old()?;
            if let Some(stuck) = watch.stuck(board, self.patience) {
                return Err(stuck);
            }
        }
    }

    fn count(&self, name: &str) -> Result<i64> {
        let path = format!("/sys/class/misc/{}/{name}", self.device);
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let count = text.trim().parse();
        count.map_err(|error| format!("{path}: {text}: {error}"))
    }

    /// Waits until no script is left: those that were let go end by their limits.
    fn settle(&self) -> Result<()> {
        let control = File::open(&self.settings.path, libc::O_RDONLY)?;
        let begin = Instant::now();
        loop {
            let (running, waiting) = (self.count("running")?, self.count("waiting")?);
            let scripts = control.list()?.len();
            if (running, waiting, scripts) == (0, 0, 0) {
                break;
            }
            if begin.elapsed() > self.patience {
                return Err(format!(
                    "there are no processes any more, but {running} scripts run, {waiting} wait, and {scripts} are listed"
                ));
            }
            control.kill_old()?;
            thread::sleep(LOOK);
        }
        let mut ended = 0;
        for name in ["succeeded", "failed", "killed", "limit_hits"] {
            ended += self.count(name)?;
        }
        // One that is killed before a state has it ends without.
        let started = self.count("started")?;
        if started > ended {
            return Err(format!("{started} scripts were started, and {ended} ended"));
        }
        Ok(())
    }

    /// Has all states run a script at once, each the next one's after that.
    fn is_alive(&self) -> Result<()> {
        let flags = libc::O_RDWR | libc::O_NONBLOCK;
        let mut files = Vec::new();
        for _ in 0..self.settings.info.states {
            let file = File::open(&self.settings.path, flags)?;
            self.give(&file)?;
            files.push(file);
        }
        files.iter().try_for_each(Self::is_right)
    }

    /// Starts a script that keeps its state.
    fn give(&self, file: &File) -> Result<()> {
        let begin = Instant::now();
        let text = b"print('alive') return 'well'";
        loop {
            let at = text.as_ptr().expose_provenance() as u64;
            let written = device::write(file.0, at, text.len());
            let answer = written.and_then(|_| {
                let mut run = lunatik_run {
                    flags: abi::LUNATIK_RUN_KEEP | abi::LUNATIK_RUN_VALUES,
                    ..lunatik_run::default()
                };
                file.control(1, &mut run)
            });
            match answer {
                Ok(_) => return Ok(()),
                // A state that was kept is about to be free.
                Err(libc::EAGAIN | libc::EBUSY) if begin.elapsed() < self.patience => {
                    if written.is_ok() {
                        return Err("a state was free, and is not".to_owned());
                    }
                    thread::sleep(LOOK);
                }
                Err(error) => {
                    return Err(format!("no script runs any more: {}", error_name(error)));
                }
            }
        }
    }

    /// Whether that script ended as it should.
    fn is_right(file: &File) -> Result<()> {
        let mut asked = libc::pollfd {
            fd: file.0,
            events: 0,
            revents: 0,
        };
        // SAFETY: It is one. The script's limits bound the wait.
        unsafe { libc::poll(&mut asked, 1, 60_000) };
        let mut values = [0_u8; 16];
        let mut result = lunatik_result {
            values: values.as_mut_ptr().expose_provenance() as u64,
            values_size: values.len() as u64,
            ..lunatik_result::default()
        };
        let answer = file.control(2, &mut result);
        let mut output = [0_u8; 64];
        // SAFETY: There is so much room.
        let got =
            device::answer(
                unsafe { libc::read(file.0, output.as_mut_ptr().cast(), output.len()) } as i64,
            );
        let output = got.map(|got| &output[..got]);
        if asked.revents & libc::POLLHUP != 0
            && answer.is_ok()
            && result.status == abi::LUNATIK_STATUS_OK
            && values.starts_with(b"well\0")
            && result.values_size == 4
            && output == Ok(b"alive\n")
        {
            return Ok(());
        }
        Err(format!(
            "a script ended otherwise than it should: events {:#x}, {answer:?}, status {}, {} bytes of values, {output:?}",
            asked.revents, result.status, result.values_size
        ))
    }
}

/// SIGCHLD, which is waited for instead of handled.
struct ChildSignal(libc::sigset_t);

impl ChildSignal {
    fn block() -> Self {
        // SAFETY: The set is filled in before it is used.
        unsafe {
            let mut set = mem::zeroed();
            libc::sigemptyset(&mut set);
            libc::sigaddset(&mut set, libc::SIGCHLD);
            libc::sigprocmask(libc::SIG_BLOCK, &set, ptr::null_mut());
            Self(set)
        }
    }

    fn wait(&self, longest: Duration) {
        let time = libc::timespec {
            tv_sec: longest.as_secs() as i64,
            tv_nsec: i64::from(longest.subsec_nanos()),
        };
        // SAFETY: Both are there.
        unsafe { libc::sigtimedwait(&self.0, ptr::null_mut(), &time) };
    }
}

/// When each process was last seen to get on.
#[derive(Default)]
struct Watch(HashMap<i32, (u64, Instant)>);

impl Watch {
    /// A process that has not got on for so long, and what there is to say of it.
    fn stuck(&mut self, board: &Board, patience: Duration) -> Option<String> {
        for process in board.processes() {
            let id = process.id.load(Relaxed);
            let operation = process.operation.load(Relaxed);
            let seen = self.0.entry(id).or_insert((operation, Instant::now()));
            if seen.0 != operation {
                *seen = (operation, Instant::now());
            }
            if seen.1.elapsed() < patience {
                continue;
            }
            let about = |name| fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default();
            // One that has ended does not get on either.
            let state = about("stat");
            if state.is_empty() || state.contains(") Z ") || state.contains(") X ") {
                *seen = (operation, Instant::now());
                continue;
            }
            return Some(format!(
                "worker {} is stuck in operation {operation}, {:?}; {state}{}{}{}",
                process.worker.load(Relaxed),
                Kind::ALL[process.kind.load(Relaxed)],
                about("wchan"),
                about("syscall"),
                about("stack"),
            ));
        }
        None
    }
}
