// SPDX-License-Identifier: GPL-2.0
//! The menu without a terminal: keys go in, a screen and a file come out.

mod common;

use std::fs;
use std::path::PathBuf;

use lunatik_build::menu::draw;
use lunatik_build::menu::state::{
    Menu,
    Next, //
};
use lunatik_build::workspace::{
    Paths,
    Workspace, //
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{
    KeyCode,
    KeyEvent,
    KeyModifiers, //
};
use tempfile::TempDir;

const LUNATIK: &str = include_str!("../../lunatik.toml");

struct Desk {
    folder: TempDir,
    workspace: Workspace,
}

impl Desk {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("flavour.toml"), text).unwrap();
        let workspace = Workspace::read(&Paths::new(None)).unwrap();
        Self { folder, workspace }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("flavour.toml")
    }

    fn menu(&self) -> Menu<'_> {
        Menu::open(&self.path(), self.workspace.known()).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }
}

/// Presses keys: letters as they stand, others by their names in angle brackets.
fn press(menu: &mut Menu<'_>, keys: &str) -> Next {
    let mut next = Next::Stay;
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (code, length) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((name, _)) => (named(name), name.len() + 2),
            None => (KeyCode::Char(first), first.len_utf8()),
        };
        next = menu.key(KeyEvent::new(code, KeyModifiers::NONE));
        rest = &rest[length..];
    }
    next
}

fn named(name: &str) -> KeyCode {
    match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Tab" => KeyCode::Tab,
        "Back" => KeyCode::Backspace,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        other => panic!("no key {other}"),
    }
}

/// What stands on a screen of 80 columns and 24 lines.
fn screen(menu: &Menu<'_>) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(menu, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(80);
    let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>());
    let folder = rows.map(|row| row.trim_end().to_owned() + "\n");
    folder.collect()
}

/// Selects `key` of a section or table, which the list shows under `heading`.
fn select(menu: &mut Menu<'_>, heading: &str, key: &str) {
    press(menu, "<Home>");
    assert!(menu.select(heading, key), "no {heading} {key}");
}

/// Erases what stands in the field and types `text`.
fn retype(menu: &mut Menu<'_>, text: &str) {
    press(menu, "<Enter>");
    menu.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    press(menu, text);
    press(menu, "<Enter>");
}

#[test]
fn a_file_that_is_opened_and_left_stays_as_it_is() {
    let desk = Desk::new(LUNATIK);
    let mut menu = desk.menu();
    assert_eq!(
        press(&mut menu, "<Down><Down><Tab><Enter><Esc>q"),
        Next::Leave
    );
    assert_eq!(desk.text(), LUNATIK);
}

/// The same changes, by the menu and by hand.
#[test]
fn the_file_is_that_of_a_hand_edit() {
    let desk = Desk::new(LUNATIK);
    let mut menu = desk.menu();
    select(&mut menu, "[module]", "name");
    retype(&mut menu, "router");
    select(&mut menu, "[device]", "mode");
    retype(&mut menu, "0o660");
    select(&mut menu, "[exec]", "states");
    retype(&mut menu, "16");
    select(&mut menu, "[exec]", "when-busy");
    press(&mut menu, "<Enter><Down><Enter>");
    select(&mut menu, "[exec]", "memory-limit");
    retype(&mut menu, "1MiB");
    select(&mut menu, "[lua]", "libraries");
    // The fifth is utf8.
    press(&mut menu, "<Enter><Down><Down><Down><Down> <Enter>");
    select(&mut menu, "[[table]] rcu", "max-buckets");
    retype(&mut menu, "1024");
    select(&mut menu, "[budget]", "memory");
    retype(&mut menu, "64MiB");
    press(&mut menu, "w");
    assert!(!menu.is_changed());

    let by_hand = LUNATIK
        .replace("name = \"lunatik\"", "name = \"router\"")
        .replace("mode = 0o600", "mode = 0o660")
        .replace("states = 4", "states = 16")
        .replace("when-busy = \"wait\"", "when-busy = \"error\"")
        .replace("memory-limit = \"16MiB\"", "memory-limit = \"1MiB\"")
        .replace(
            "libraries = [\"base\", \"string\", \"table\", \"math\", \"utf8\", \"coroutine\"]",
            "libraries = [\"base\", \"string\", \"table\", \"math\", \"coroutine\"]",
        )
        .replace("\nbuckets = 256\n", "\nbuckets = 256\nmax-buckets = 1024\n")
        .replace("[budget]\n", "[budget]\nmemory = \"64MiB\"\n");
    assert_eq!(desk.text(), by_hand);
}

/// In a file that inherits, only what differs is stated, in the section where it belongs.
#[test]
fn an_heir_states_what_differs() {
    let desk = Desk::new("");
    fs::write(desk.folder.path().join("lunatik.toml"), LUNATIK).unwrap();
    let heir = "# Mine.\n\ninherit = \"lunatik.toml\" # all of it\n\n\
                [exec] # limits\nstates = 2 # two\n\n# The last word.\n";
    fs::write(desk.path(), heir).unwrap();
    let mut menu = desk.menu();
    select(&mut menu, "[exec]", "states");
    retype(&mut menu, "3");
    select(&mut menu, "[exec]", "time-limit");
    retype(&mut menu, "30s");
    select(&mut menu, "[device]", "name");
    retype(&mut menu, "luamine");
    select(&mut menu, "[lua]", "libraries");
    press(&mut menu, "<Enter><Down><Down><Down><Down> <Enter>");
    select(&mut menu, "[[table]] rcu", "max-buckets");
    retype(&mut menu, "512");
    select(&mut menu, "[[table]] rcu", "init");
    press(&mut menu, "alimit = 100<Enter>");
    press(&mut menu, "w");
    assert_eq!(
        desk.text(),
        "# Mine.\n\ninherit = \"lunatik.toml\" # all of it\n\n\
         [device]\nname = \"luamine\"\n\n\
         [exec] # limits\nstates = 3 # two\ntime-limit = \"30s\"\n\n\
         # The last word.\n\n[lua]\nlibraries = { remove = [\"utf8\"] }\n\n\
         [[table]]\nname = \"rcu\"\nmax-buckets = 512\ninit = { limit = 100 }\n"
    );
    // Taken out again, a key leaves nothing behind.
    select(&mut menu, "[exec]", "time-limit");
    press(&mut menu, "d");
    select(&mut menu, "[exec]", "states");
    press(&mut menu, "d");
    press(&mut menu, "w");
    assert!(
        desk.text()
            .contains("[exec] # limits\n\n# The last word.\n\n[lua]\n"),
        "{}",
        desk.text()
    );
}

#[test]
fn tables_come_and_go() {
    let desk = Desk::new("[exec]\nstates = 2\n");
    let mut menu = desk.menu();
    press(&mut menu, "aroutes<Enter>");
    select(&mut menu, "[[table]] routes", "value-types");
    press(&mut menu, "<Enter><Down> <Down> <Enter>");
    press(&mut menu, "w");
    let routes =
        "[exec]\nstates = 2\n\n[[table]]\nname = \"routes\"\nvalue-types = [\"integer\"]\n";
    assert_eq!(desk.text(), routes);
    press(&mut menu, "anames<Enter>w");
    assert_eq!(
        desk.text(),
        format!("{routes}\n[[table]]\nname = \"names\"\n")
    );
    select(&mut menu, "[[table]] names", "name");
    press(&mut menu, "xw");
    assert_eq!(desk.text(), routes);
}

#[test]
fn an_inherited_table_is_removed_by_saying_so() {
    let desk = Desk::new("inherit = \"base.toml\"\n");
    fs::write(desk.folder.path().join("base.toml"), LUNATIK).unwrap();
    let mut menu = desk.menu();
    select(&mut menu, "[[table]] rcu", "buckets");
    press(&mut menu, "xw");
    let removed = "inherit = \"base.toml\"\n\n[[table]]\nname = \"rcu\"\nremove = true\n";
    assert_eq!(desk.text(), removed);
}

#[test]
fn an_error_is_that_of_check_and_keeps_the_file() {
    let desk = Desk::new(LUNATIK);
    let mut menu = desk.menu();
    select(&mut menu, "[exec]", "states");
    press(&mut menu, "<Enter>000");
    let shown = screen(&menu);
    assert!(shown.contains("1 error"), "{shown}");
    assert!(
        shown.contains("error: `exec.states` takes an integer from 1 to 1024"),
        "{shown}"
    );
    assert!(shown.contains("states = 4000"), "{shown}");
    press(&mut menu, "<Enter>w");
    assert!(screen(&menu).contains("not written: there are errors"));
    assert_eq!(desk.text(), LUNATIK);
    press(&mut menu, "e");
    let all = screen(&menu);
    assert!(all.starts_with("error: `exec.states`"), "{all}");
    press(&mut menu, "<Esc>u");
    assert!(!menu.is_changed());
    assert!(screen(&menu).contains("what it takes"));
}

#[test]
fn unsaved_changes_are_asked_for() {
    let desk = Desk::new(LUNATIK);
    let mut menu = desk.menu();
    select(&mut menu, "[exec]", "states");
    retype(&mut menu, "5");
    assert_eq!(press(&mut menu, "q"), Next::Stay);
    assert!(screen(&menu).contains("There are changes"));
    assert_eq!(press(&mut menu, "<Esc>"), Next::Stay);
    assert_eq!(press(&mut menu, "qq"), Next::Leave);
    assert_eq!(desk.text(), LUNATIK);
    assert_eq!(press(&mut menu, "<Esc>qw"), Next::Leave);
    assert_eq!(desk.text(), LUNATIK.replace("states = 4", "states = 5"));
}

#[test]
fn a_file_that_somebody_else_changed_is_not_overwritten() {
    let desk = Desk::new(LUNATIK);
    let mut menu = desk.menu();
    select(&mut menu, "[exec]", "states");
    retype(&mut menu, "5");
    fs::write(desk.path(), "# theirs\n").unwrap();
    press(&mut menu, "w");
    assert!(
        screen(&menu).contains("changed by someone else"),
        "{}",
        screen(&menu)
    );
    assert_eq!(desk.text(), "# theirs\n");
}

#[test]
fn a_wrong_file_can_be_put_right() {
    let desk = Desk::new("[exec]\nstates = 0 # none\n");
    let mut menu = desk.menu();
    assert!(screen(&menu).contains("1 error"));
    select(&mut menu, "[exec]", "states");
    retype(&mut menu, "1");
    press(&mut menu, "w");
    assert_eq!(desk.text(), "[exec]\nstates = 1 # none\n");
}

#[test]
fn the_screen_has_the_keys_what_they_are_and_what_they_take() {
    let desk = Desk::new("inherit = \"base.toml\"\n");
    fs::write(desk.folder.path().join("base.toml"), LUNATIK).unwrap();
    let mut menu = desk.menu();
    select(&mut menu, "[exec]", "memory-limit");
    press(&mut menu, "<Enter><Back><Back><Back><Back><Back>32MiB");
    let folder = desk.folder.path().display().to_string();
    let shown = screen(&menu).replace(&folder, "");
    // The title has the folder, which is another one each time.
    let (_, shown) = shown.split_once('\n').unwrap();
    common::golden(&common::tests().join("golden/menu.txt"), shown);
}

#[test]
fn any_size_of_screen_will_do() {
    let desk = Desk::new(LUNATIK);
    let mut menu = desk.menu();
    for (width, height) in [(1, 1), (20, 5), (49, 9), (80, 24), (200, 80)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        for keys in ["", "<Enter>", "<Esc>", "ax", "<Esc>", "<End>", "<Home>"] {
            press(&mut menu, keys);
            terminal.draw(|frame| draw(&menu, frame)).unwrap();
        }
    }
}

/// Scripts have sections of their own, as tables do; the first is added at a heading that has none.
#[test]
fn scripts_are_added_changed_and_removed() {
    let desk = Desk::new("[module]\nname = \"small\"\n");
    fs::write(desk.folder.path().join("one.lua"), "return 1\n").unwrap();
    let mut menu = desk.menu();
    press(&mut menu, "<End>");
    assert!(screen(&menu).contains("[[script]]"), "{}", screen(&menu));
    press(&mut menu, "aone<Enter>");
    // It has no file yet.
    assert!(screen(&menu).contains("error"), "{}", screen(&menu));
    press(&mut menu, "w");
    assert!(!desk.text().contains("script"));
    select(&mut menu, "[[script]] one", "file");
    retype(&mut menu, "one.lua");
    select(&mut menu, "[[script]] one", "at-load");
    press(&mut menu, "<Enter><Up><Enter>");
    select(&mut menu, "[lua]", "compiler");
    press(&mut menu, "<Enter><Down><Enter>w");
    assert_eq!(
        desk.text(),
        "[module]\nname = \"small\"\n\n[lua]\ncompiler = false\n\n\
         [[script]]\nname = \"one\"\nfile = \"one.lua\"\nat-load = true\n"
    );
    // Without a script there is nothing to run.
    select(&mut menu, "[[script]] one", "name");
    press(&mut menu, "xw");
    assert!(desk.text().contains("[[script]]"));
    select(&mut menu, "[lua]", "compiler");
    press(&mut menu, "dw");
    assert_eq!(desk.text(), "[module]\nname = \"small\"\n\n[lua]\n");
}

/// What the menu makes of `before`, and what a hand would.
fn edited(before: &str, change: impl Fn(&mut Menu<'_>)) -> String {
    let desk = Desk::new(before);
    let mut menu = desk.menu();
    change(&mut menu);
    press(&mut menu, "w");
    assert!(!menu.is_changed(), "{}", screen(&menu));
    desk.text()
}

/// [`edited`], where `key` below `heading` gets another value.
fn given(before: &str, heading: &str, key: &str, value: &str) -> String {
    edited(before, |menu| {
        select(menu, heading, key);
        retype(menu, value);
    })
}

#[test]
fn tables_in_a_list_are_changed_there() {
    const BEFORE: &str = "# Mine.\ntable = [\n  { name = \"a\", buckets = 64 }, # few\n  \
                          { name = \"b\", buckets = 512 } # many\n] # both\n[exec]\nstates = 2\n";
    let after = given(BEFORE, "[[table]] b", "buckets", "1024");
    assert_eq!(after, BEFORE.replace("512", "1024"));

    let after = edited(BEFORE, |menu| {
        press(menu, "<Home>");
        press(menu, "ac<Enter>");
        select(menu, "[[table]] c", "buckets");
        retype(menu, "128");
    });
    assert_eq!(
        after,
        BEFORE.replace(
            "512 } # many\n",
            "512 },\n  { name = \"c\", buckets = 128 } # many\n"
        )
    );

    let after = edited(BEFORE, |menu| {
        select(menu, "[[table]] a", "buckets");
        press(menu, "d");
    });
    assert_eq!(after, BEFORE.replace(", buckets = 64", ""));
    let after = edited(BEFORE, |menu| {
        select(menu, "[[table]] a", "buckets");
        press(menu, "x");
    });
    assert_eq!(
        after,
        BEFORE.replace("  { name = \"a\", buckets = 64 }, # few\n", "")
    );
}

#[test]
fn comments_in_a_list_of_words_stay() {
    const BEFORE: &str = "[lua]\nstdlib = []\nlibraries = [\n\t\"base\", # always\n\t# for reports\n\t\"string\", # texts\n\t\
                          \"table\",\n\t# utf8 is too large\n]\n";
    let toggle = |downs: usize| {
        edited(BEFORE, |menu| {
            select(menu, "[lua]", "libraries");
            press(menu, "<Enter>");
            press(menu, &"<Down>".repeat(downs));
            press(menu, " <Enter>");
        })
    };
    // base, string, table, math, …
    assert_eq!(toggle(1), BEFORE.replace("\t\"string\", # texts\n", ""));
    assert_eq!(toggle(2), BEFORE.replace("\t\"table\",\n", ""));
    assert_eq!(
        toggle(3),
        BEFORE.replace("large\n]", "large\n\t\"math\",\n]")
    );
}

#[test]
fn ends_of_lines_and_a_mark_stay() {
    for before in [
        "[exec]\r\nstates = 2\r\n\r\n[device]\r\n",
        "\u{feff}[exec]\nstates = 2\n",
        "\u{feff}# x\r\n[exec]\r\nstates = 2\r\n",
    ] {
        let after = given(before, "[exec]", "states", "3");
        assert_eq!(after, before.replace('2', "3"));
        let after = given(before, "[exec]", "memory-limit", "1MiB");
        let end = if before.contains('\r') { "\r\n" } else { "\n" };
        let line = format!("states = 2{end}memory-limit = \"1MiB\"{end}");
        assert_eq!(after, before.replace(&format!("states = 2{end}"), &line));
    }
}

#[test]
fn quotes_that_are_part_of_a_text_stay() {
    let before = "[module]\ndescription = 'the \"new\" one, called \"x\"'\n";
    let after = edited(before, |menu| {
        select(menu, "[module]", "description");
        press(menu, "<Enter><Home>N<Enter>");
    });
    assert!(
        after.contains("'Nthe \"new\" one, called \"x\"'"),
        "{after}"
    );
}

#[test]
fn a_file_keeps_its_names_and_is_not_written_against_its_mode() {
    use std::os::unix::fs::MetadataExt as _;
    let desk = Desk::new("[exec]\nstates = 2\n");
    let other = desk.folder.path().join("other.toml");
    fs::hard_link(desk.path(), &other).unwrap();
    let mut menu = desk.menu();
    select(&mut menu, "[exec]", "states");
    retype(&mut menu, "3");
    press(&mut menu, "w");
    assert_eq!(desk.text(), "[exec]\nstates = 3\n");
    assert_eq!(fs::metadata(&other).unwrap().nlink(), 2);
    assert_eq!(fs::read_to_string(&other).unwrap(), desk.text());

    let mut permissions = fs::metadata(&other).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&other, permissions).unwrap();
    retype(&mut menu, "4");
    press(&mut menu, "w");
    assert!(screen(&menu).contains("read-only"), "{}", screen(&menu));
    assert_eq!(desk.text(), "[exec]\nstates = 3\n");
}
