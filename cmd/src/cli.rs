// SPDX-License-Identifier: GPL-2.0
//! The command line, from which `--help`, the man pages and the completions come.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{
    ArgAction,
    Args,
    Parser,
    Subcommand,
    ValueHint, //
};
use clap_complete::Shell;

use crate::format::{
    parse_count,
    parse_seconds,
    parse_size,
    parse_time, //
};
use crate::session::Limits;

const AFTER: &str = "\
Exit status: 0 it ran; 1 the script failed, or what was asked could not be done; 2 wrong usage; \
3 there is no device, or no permission to use it; 130 Ctrl-C.

Output for programs (--json) is one object or array on one line. A string that is not UTF-8 is an object \
{\"hex\": \"00ff\"} there; in the values that a script returned, its wrong bytes are U+FFFD.";

const LIMITS: &str = "Limits, lower than the flavour's";

/// Runs Lua in the kernel, and looks at what runs there
#[derive(Parser)]
#[command(name = "lunatik", version, after_help = AFTER)]
pub struct Cli {
    /// The flavour's device: its name, or the path of its node; else what LUNATIK_DEVICE says
    #[arg(
        long,
        short,
        global = true,
        env = "LUNATIK_DEVICE",
        default_value = "luadrv",
        hide_env = true
    )]
    pub device: OsString,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run a script; what it prints comes out as it prints it
    ///
    /// Ctrl-C ends the script. What it returns is shown by --json alone. A first line that begins with # is
    /// left out, so that a script can be a program: #!/usr/bin/env -S lunatik run
    #[command(override_usage = "lunatik run [OPTIONS] FILE [ARGS]...")]
    Run(Run),
    /// Run a chunk given here, and print what it returns
    ///
    /// The chunk is an expression, or statements: eval '1 + 1', eval 'print(...)' a b
    #[command(override_usage = "lunatik eval [OPTIONS] CHUNK [ARGS]...")]
    Eval(Eval),
    /// Type Lua line by line; globals stay until the end
    ///
    /// What is no whole chunk yet goes on in the next line. Values of expressions are printed. Ctrl-C ends a chunk
    /// that runs, or drops the one being typed; Ctrl-D leaves.
    Repl,
    /// Say whether files are Lua, without running them
    ///
    /// All files are looked at. Exit status 1 if one of them is no Lua for the kernel, or cannot be read.
    Check {
        /// Ask no device, but the same Lua in this command, with the limits of the module's default flavour
        ///
        /// How deep a script may nest differs a little, since that depends on the compiler.
        #[arg(long)]
        offline: bool,
        /// Scripts; - is standard input
        #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
    /// List the scripts that run or wait for a state
    ///
    /// They are this user's; with CAP_SYS_ADMIN, all. STATE is the number of the state, `wait` for a script
    /// that has none yet, `idle` after a state that a REPL keeps. INSTR counts instructions of Lua's virtual machine.
    Ps(Json),
    /// List the scripts that the module contains
    ///
    /// `run --script NAME` runs one of them. LOAD marks those that run when the module is loaded, too. SIZE is that of
    /// what they were compiled to.
    Scripts(Json),
    /// End scripts
    Kill {
        /// Numbers that `ps` shows
        #[arg(required = true, value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
        ids: Vec<u64>,
    },
    /// Show what runs, again and again; q leaves
    Top {
        /// Seconds between two looks
        #[arg(long, short, value_name = "SECONDS", default_value = "1", value_parser = parse_seconds)]
        interval: Duration,
        /// End after so many looks
        #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    /// Print the value of a key of a shared table
    ///
    /// A string is printed byte for byte, with a line feed after it. Exit status 1 if the key has no value.
    Get {
        #[command(flatten)]
        key: Key,
        /// Print no line feed after the value
        #[arg(long, short = 'n', conflicts_with = "json")]
        no_newline: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Give a key of a shared table a value
    Set {
        #[command(flatten)]
        key: Key,
        /// An integer (12, 0x1f), true, false, or a string; in double quotes always a string
        #[arg(allow_negative_numbers = true, required_unless_present = "stdin")]
        value: Option<OsString>,
        /// VALUE is a string, whatever it looks like
        #[arg(long, short, conflicts_with = "integer")]
        string: bool,
        /// VALUE is an integer, else nothing is set
        #[arg(long, short)]
        integer: bool,
        /// The value is a string, all bytes of standard input
        #[arg(long, conflicts_with_all = ["value", "string", "integer"])]
        stdin: bool,
    },
    /// Delete keys of a shared table
    ///
    /// One that is not there is no error.
    Del {
        /// The table's name
        table: OsString,
        /// Keys, any bytes
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<OsString>,
    },
    /// List the elements of a shared table, by key
    ///
    /// Keys and values appear as Lua would have them written. Other scripts may write to the table meanwhile: what
    /// is in it all the time is listed once.
    List {
        /// The table's name
        table: OsString,
        #[command(flatten)]
        json: Json,
    },
    /// Print the module's counters, as sysfs has them
    Stats(Json),
    /// Print what the module is, and its limits
    Info(Json),
    /// Write man pages into a folder
    #[command(hide = true)]
    Man { folder: PathBuf },
    /// Print what a shell needs to complete this command
    #[command(hide = true)]
    Completions { shell: Shell },
}

#[derive(Args)]
pub struct Json {
    /// Output for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Key {
    /// The table's name
    pub table: OsString,
    /// The key, any bytes
    pub key: OsString,
}

#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    pub how: How,
    /// FILE is no file, but the name of a script that the module contains; `lunatik scripts` lists them
    #[arg(long)]
    pub script: bool,
    /// Leave the script running; its number is printed, its output goes to the kernel's log
    #[arg(long)]
    pub detach: bool,
    /// The script (- is standard input), and what `...` is in it; options of `run` stand before it
    #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"], num_args = 1.., value_hint = ValueHint::FilePath)]
    pub words: Vec<OsString>,
}

#[derive(Args)]
pub struct Eval {
    #[command(flatten)]
    pub how: How,
    /// Lua, and what `...` is in it; options of `eval` stand before it
    #[arg(required = true, trailing_var_arg = true, value_names = ["CHUNK", "ARGS"], num_args = 1..)]
    pub words: Vec<OsString>,
}

/// What `run` and `eval` share.
#[derive(Args)]
pub struct How {
    /// Arguments are what they look like: integers (12, -0x1f), true, false, nil, else strings; in double
    /// quotes always strings. Without this all are strings
    #[arg(long, short)]
    pub typed: bool,
    #[command(flatten)]
    pub limits: LimitOptions,
    /// Print one object for programs instead: status, values, output, error, and what it took
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// Less than the flavour's limits; more is refused.
#[derive(Args)]
pub struct LimitOptions {
    /// Instructions of Lua's virtual machine: 1000000, 500k, 10M
    #[arg(long, help_heading = LIMITS, value_name = "COUNT", value_parser = parse_count)]
    instructions: Option<u64>,
    /// Time from start to end: 250ms, 2s, 1min, 1h
    #[arg(long, help_heading = LIMITS, value_name = "TIME", value_parser = parse_time)]
    time: Option<u64>,
    /// Memory of the state: 256KiB, 1MiB
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = parse_size)]
    memory: Option<u64>,
    /// What it may print: 64KiB
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = parse_size)]
    output_limit: Option<u64>,
}

impl From<&LimitOptions> for Limits {
    fn from(options: &LimitOptions) -> Self {
        Self {
            instructions: options.instructions.unwrap_or(0),
            time: options.time.unwrap_or(0),
            memory: options.memory.unwrap_or(0),
            output: options.output_limit.unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(words: &[&str]) -> Result<Command, clap::Error> {
        Cli::try_parse_from([&["lunatik"], words].concat()).map(|cli| cli.command)
    }

    #[test]
    fn files_are_checked_with_a_device_or_without() {
        for (words, offline) in [
            (["check", "a.lua", "b.lua"].as_slice(), false),
            (&["check", "a.lua", "--offline"], true),
        ] {
            let Ok(Command::Check { offline: is, files }) = parse(words) else {
                panic!("refused");
            };
            assert_eq!(
                (is, files.len()),
                (offline, words.len() - 1 - usize::from(offline))
            );
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_stands_after_the_file_is_the_scripts() {
        let Ok(Command::Run(run)) = parse(&["run", "-t", "a.lua", "--json", "-x", "--", "b"])
        else {
            panic!("refused");
        };
        assert!(run.how.typed && !run.how.json);
        assert_eq!(run.words, ["a.lua", "--json", "-x", "--", "b"]);
        assert!(parse(&["run", "--jsno", "a.lua"]).is_err());
        assert!(parse(&["run"]).is_err());
        let Ok(Command::Run(run)) = parse(&["run", "-", "1"]) else {
            panic!("refused");
        };
        assert_eq!(run.words, ["-", "1"]);
        let Ok(Command::Run(run)) = parse(&["run", "--script", "blink", "--script"]) else {
            panic!("refused");
        };
        assert!(run.script);
        assert_eq!(run.words, ["blink", "--script"]);
    }

    #[test]
    fn a_value_may_be_negative() {
        let Ok(Command::Set { value, .. }) = parse(&["set", "rcu", "k", "-5"]) else {
            panic!("refused");
        };
        assert_eq!(value.unwrap(), "-5");
        assert!(parse(&["set", "rcu", "k"]).is_err());
        assert!(parse(&["set", "rcu", "k", "--stdin"]).is_ok());
        assert!(parse(&["set", "rcu", "k", "v", "--stdin"]).is_err());
        assert!(parse(&["kill", "0"]).is_err());
    }

    #[test]
    fn limits_have_units() {
        let Ok(Command::Run(run)) = parse(&["run", "--time", "2s", "--memory", "1MiB", "a"]) else {
            panic!("refused");
        };
        let limits = Limits::from(&run.how.limits);
        assert_eq!(
            (limits.time, limits.memory, limits.output),
            (2000, 1 << 20, 0)
        );
        assert!(parse(&["run", "--time", "2", "a"]).is_err());
    }
}
