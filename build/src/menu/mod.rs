// SPDX-License-Identifier: GPL-2.0
//! A flavour in the terminal: its keys and what they mean, what comes of a change while it is
//! typed, and the changed file.
//!
//! [`state`] is the menu without a terminal, [`document`] changes the file's text, `draw` puts it
//! on the screen, `estimate` says what a flavour takes.

pub mod document;
mod draw;
mod estimate;
pub mod state;

pub use draw::draw;

use std::io::{
    self,
    IsTerminal as _, //
};
use std::path::Path;

use anyhow::{
    Context,
    Result,
    ensure, //
};
use ratatui::crossterm::event;

use crate::config::Known;
use state::{
    Menu,
    Next, //
};

/// Shows the menu until the user leaves it.
///
/// # Errors
///
/// A file that cannot be read or is no TOML, and a terminal that is none.
pub fn run(path: &Path, known: Known<'_>) -> Result<()> {
    ensure!(
        io::stdin().is_terminal() && io::stdout().is_terminal(),
        "the menu needs a terminal; `explain` and `show` do without"
    );
    let mut menu = Menu::open(path, known)?;
    let mut terminal = ratatui::try_init().context("the terminal cannot be used")?;
    let result = (|| -> io::Result<()> {
        loop {
            terminal.draw(|frame| draw(&menu, frame))?;
            let event = event::read()?;
            let key = event.as_key_press_event();
            if key.is_some_and(|key| menu.key(key) == Next::Leave) {
                return Ok(());
            }
        }
    })();
    ratatui::restore();
    result.context("the terminal cannot be used")
}
