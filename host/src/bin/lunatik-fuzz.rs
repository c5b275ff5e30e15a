// SPDX-License-Identifier: GPL-2.0
//! Runs scripts that try to break the Lua of the host, as `make fuzz-lua` does.
//!
//! Each batch of scripts has a process of its own. When that goes down, or a script
//! does not end, the script and what was said of it are kept.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{
    BufRead as _,
    BufReader,
    Write as _, //
};
use std::path::{
    Path,
    PathBuf, //
};
use std::process::{
    Command,
    ExitCode,
    Stdio, //
};
use std::sync::Mutex;
use std::sync::mpsc::{
    self,
    RecvTimeoutError, //
};
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

use anyhow::{
    Context,
    Result,
    ensure, //
};
use clap::{
    Parser,
    Subcommand, //
};
use lunatik_host::fuzz::{
    self,
    Case,
    Fuzz, //
};
use lunatik_host::{
    Ending,
    Error,
    Run, //
};

/// Scripts of one process.
const BATCH: u64 = 1000;

/// Runs scripts that try to break Lua.
#[derive(Parser)]
#[command(name = "lunatik-fuzz")]
struct Cli {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    /// Run the scripts of many numbers, and keep those that fail
    Run {
        #[arg(long, default_value_t = 0)]
        first: u64,
        #[arg(long, default_value_t = 100_000)]
        count: u64,
        /// Processes at the same time [default: one a CPU]
        #[arg(long)]
        jobs: Option<usize>,
        /// Seconds that a script may take
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Where failures are kept
        #[arg(long, default_value = "target/fuzz/failures")]
        out: PathBuf,
    },
    /// Run the scripts of some numbers in this process
    Batch { first: u64, count: u64 },
    /// Print the script of a number
    Show { seed: u64 },
    /// Run the script of a number, or a file
    One { which: String },
    /// Run the scripts of host/looks and those of some numbers, and tell the longest CPU time of each without
    /// a look at whether it is to end
    Gaps {
        #[arg(long, default_value_t = 0)]
        first: u64,
        #[arg(long, default_value_t = 1000)]
        count: u64,
        /// Milliseconds that are too many
        #[arg(long, default_value_t = 100)]
        bound: u64,
    },
    /// Print a shorter script that fails as the one of this number, or file, does
    Minimize { which: String },
}

fn main() -> ExitCode {
    let good = match Cli::parse().command {
        What::Run {
            first,
            count,
            jobs,
            seconds,
            out,
        } => run(first, count, jobs, Duration::from_secs(seconds), &out),
        What::Batch { first, count } => batch(first, count),
        What::Show { seed } => show(seed),
        What::One { which } => one(&which),
        What::Gaps {
            first,
            count,
            bound,
        } => gaps(first, count, Duration::from_millis(bound)),
        What::Minimize { which } => minimize(&which),
    };
    match good {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// How a script ended, in one word.
fn word(case: &Case) -> (&'static str, lunatik_host::Outcome) {
    let outcome = case.run.script(&case.script, "script");
    let word = match &outcome.result {
        Ok(()) => "ended",
        Err(Error::Syntax(_)) => "refused",
        Err(Error::Memory) => "nomemory",
        Err(Error::Raised(_)) => "raised",
        Err(Error::Ended(Ending::Instructions, _)) => "instructions",
        Err(Error::Ended(Ending::Memory, _)) => "memory-limit",
        Err(Error::Ended(Ending::Output, _)) => "output-limit",
    };
    (word, outcome)
}

/// The worker's side: a line when a script begins, and one when it has ended.
fn batch(first: u64, count: u64) -> Result<bool> {
    let fuzz = Fuzz::new()?;
    let mut out = std::io::stdout().lock();
    for seed in first..first + count {
        let case = fuzz.case(seed);
        writeln!(out, "{seed}")?;
        out.flush()?;
        let started = Instant::now();
        let (word, outcome) = word(&case);
        writeln!(
            out,
            "{seed} {word} {} {}",
            started.elapsed().as_micros(),
            outcome.stack
        )?;
    }
    writeln!(out, "end")?;
    Ok(true)
}

/// What all workers did.
#[derive(Default)]
struct Summary {
    words: BTreeMap<String, u64>,
    /// Microseconds, and the number.
    slowest: (u64, u64),
    /// Bytes of stack left, and the number.
    deepest: Option<(u64, u64)>,
    failures: Vec<u64>,
    next: u64,
}

fn run(first: u64, count: u64, jobs: Option<usize>, limit: Duration, out: &Path) -> Result<bool> {
    let started = Instant::now();
    let jobs = jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let end = first + count;
    let summary = Mutex::new(Summary {
        next: first,
        ..Summary::default()
    });
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs)
            .map(|_| scope.spawn(|| work(&summary, end, limit, out)))
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a worker"))
    })?;
    let summary = summary.into_inner().expect("no worker panicked");
    println!(
        "{count} scripts from {first} on in {} s: {:?}",
        started.elapsed().as_secs(),
        summary.words
    );
    println!(
        "slowest: {} ms ({}); deepest: {:?} bytes of stack left and the number",
        summary.slowest.0 / 1000,
        summary.slowest.1,
        summary.deepest
    );
    let failed = summary.failures.len();
    println!("{} passed, {failed} failed", count - failed as u64);
    Ok(failed == 0)
}

/// Takes batches until there are none left.
fn work(summary: &Mutex<Summary>, end: u64, limit: Duration, out: &Path) -> Result<()> {
    loop {
        let (mut first, last) = {
            let mut summary = summary.lock().expect("no worker panicked");
            let first = summary.next;
            summary.next = (first + BATCH).min(end);
            (first, summary.next)
        };
        if first == last {
            return Ok(());
        }
        // What is behind a script that fails is for another process.
        while first < last {
            first = match process(first, last - first, limit, summary)? {
                None => last,
                Some((seed, said)) => {
                    keep(out, seed, &said)?;
                    let mut summary = summary.lock().expect("no worker panicked");
                    summary.failures.push(seed);
                    seed + 1
                }
            };
        }
    }
}

/// Runs a batch in a process. Returns the number of the script that failed, and why.
fn process(
    first: u64,
    count: u64,
    limit: Duration,
    summary: &Mutex<Summary>,
) -> Result<Option<(u64, String)>> {
    let log = env::temp_dir().join(format!("lunatik-fuzz-{}-{first}", std::process::id()));
    let mut child = Command::new(env::current_exe()?)
        .args(["batch", &first.to_string(), &count.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log)?)
        .spawn()
        .context("starting a batch")?;
    let stdout = child.stdout.take().context("it has an output")?;
    let (to, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                break;
            }
        }
    });
    let mut seed = first;
    let mut ended = false;
    let mut hung = false;
    loop {
        match lines.recv_timeout(limit) {
            Ok(line) if line == "end" => ended = true,
            Ok(line) => seed = note(&line, summary).unwrap_or(seed),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                hung = true;
                child.kill()?;
                break;
            }
        }
    }
    let status = child.wait()?;
    let said = fs::read(&log)?;
    fs::remove_file(&log)?;
    if ended && status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&said);
    Ok(Some(if hung {
        (seed, format!("no end after {} s\n{said}", limit.as_secs()))
    } else {
        (seed, format!("{status}\n{said}"))
    }))
}

/// Reads a line of a worker's. Returns the number of the script that it is about.
fn note(line: &str, summary: &Mutex<Summary>) -> Option<u64> {
    let mut fields = line.split(' ');
    let seed: u64 = fields.next()?.parse().ok()?;
    if let (Some(word), Some(micros), Some(stack)) = (fields.next(), fields.next(), fields.next()) {
        let mut summary = summary.lock().expect("no worker panicked");
        *summary.words.entry(word.to_owned()).or_default() += 1;
        summary.slowest = summary.slowest.max((micros.parse().ok()?, seed));
        let stack = (stack.parse().ok()?, seed);
        summary.deepest = Some(summary.deepest.map_or(stack, |deepest| deepest.min(stack)));
    }
    Some(seed)
}

fn keep(out: &Path, seed: u64, said: &str) -> Result<()> {
    fs::create_dir_all(out)?;
    let script = out.join(format!("{seed}.lua"));
    fs::write(&script, Fuzz::new()?.case(seed).script)?;
    fs::write(out.join(format!("{seed}.txt")), said)?;
    let telling = [
        "ERROR: AddressSanitizer",
        "runtime error",
        "assertion",
        "panicked",
        "no end",
    ];
    let line = said
        .lines()
        .find(|line| telling.iter().any(|word| line.contains(word)))
        .or(said.lines().next());
    println!("{}: {}", script.display(), line.unwrap_or_default());
    Ok(())
}

fn show(seed: u64) -> Result<bool> {
    let case = Fuzz::new()?.case(seed);
    eprintln!("{:?}", case.run);
    std::io::stdout().write_all(&case.script)?;
    Ok(true)
}

/// The script of a number, or a file with the limits of the fuzzing.
fn find(which: &str) -> Result<Case> {
    match which.parse() {
        Ok(seed) => Ok(Fuzz::new()?.case(seed)),
        Err(_) => Ok(Case {
            script: fs::read(which).with_context(|| format!("reading {which}"))?,
            run: Run {
                memory: 1 << 20,
                instructions: 500_000,
                ..Run::default()
            },
        }),
    }
}

fn one(which: &str) -> Result<bool> {
    let case = find(which)?;
    let started = Instant::now();
    let (word, outcome) = word(&case);
    std::io::stdout().write_all(&outcome.output)?;
    if let Err(error) = &outcome.result {
        println!("{error}");
    }
    println!(
        "{word}; {:?}, {} instructions, {} bytes of memory, {} bytes of stack left",
        started.elapsed(),
        outcome.instructions,
        outcome.memory,
        outcome.stack
    );
    Ok(true)
}

fn gaps(first: u64, count: u64, bound: Duration) -> Result<bool> {
    // Of the flavour, in memory: the scripts are about much work on much memory.
    let limits = Run {
        instructions: 10_000_000,
        ..Run::default()
    };
    let mut longest = Vec::new();
    for file in fuzz::looks()? {
        let script = fs::read(&file)?;
        let outcome = limits.script(&script, "script");
        println!("{:8} us  {}", outcome.unseen.as_micros(), file.display());
        longest.push((outcome.unseen, file.display().to_string()));
    }
    let fuzz = Fuzz::new()?;
    for seed in first..first + count {
        let (_, outcome) = word(&fuzz.case(seed));
        longest.push((outcome.unseen, seed.to_string()));
    }
    longest.sort();
    let (time, script) = longest.last().context("no scripts")?;
    println!(
        "longest CPU time without a look: {} us ({script})",
        time.as_micros()
    );
    Ok(*time <= bound)
}

/// Leaves out what can be left out, in halves, quarters and so on, first of lines and then of bytes.
/// A file is run with the limits of files.
fn minimize(which: &str) -> Result<bool> {
    let file = env::temp_dir().join(format!("lunatik-minimize-{}.lua", std::process::id()));
    let fails = |script: &[u8]| -> Result<bool> {
        fs::write(&file, script)?;
        let mut child = Command::new(env::current_exe()?)
            .arg("one")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(!status.success());
            }
            if started.elapsed() > Duration::from_secs(10) {
                child.kill()?;
                child.wait()?;
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(2));
        }
    };
    let mut script = find(which)?.script;
    ensure!(fails(&script)?, "as a file it does not fail");
    for separators in [&b"\n;"[..], b" ", b""] {
        let mut size = script.len();
        while size > 0 {
            let parts: Vec<Vec<u8>> = if separators.is_empty() {
                script.iter().map(|byte| vec![*byte]).collect()
            } else {
                script
                    .split_inclusive(|byte| separators.contains(byte))
                    .map(<[u8]>::to_vec)
                    .collect()
            };
            size = size.min(parts.len());
            let mut at = 0;
            let mut kept = parts;
            while at < kept.len() {
                let end = (at + size).min(kept.len());
                let less = [&kept[..at], &kept[end..]].concat();
                if fails(&less.concat())? {
                    kept = less;
                } else {
                    at = end;
                }
            }
            script = kept.concat();
            size /= 2;
        }
    }
    fs::remove_file(&file)?;
    std::io::stdout().write_all(&script)?;
    Ok(true)
}
