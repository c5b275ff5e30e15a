// SPDX-License-Identifier: GPL-2.0
//! What is wrong with a configuration file, and how a user gets to see it.
//!
//! A [`Diagnostic`] points into [`Sources`] with byte offsets and is drawn in
//! the manner of rustc. What is an error is decided in `config`, not here.

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{
    Path,
    PathBuf, //
};

use annotate_snippets::{
    Annotation,
    AnnotationKind,
    Level,
    Renderer,
    Snippet,
    normalize_untrusted_str, //
};
use anyhow::{
    Context,
    Result, //
};

/// The text of a configuration file, where it is, and the name to show for that.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    /// # Errors
    ///
    /// What is no file, cannot be read, or is no text in UTF-8.
    pub fn read(path: &Path, name: String) -> Result<Self> {
        if path.is_dir() {
            anyhow::bail!("{name} is a folder, not a configuration file");
        }
        let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
        Self::new(bytes, path.to_owned(), name)
    }

    /// # Errors
    ///
    /// Bytes that are no text, with their place.
    pub fn new(bytes: Vec<u8>, path: PathBuf, name: String) -> Result<Self> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let start = valid.iter().rposition(|byte| *byte == b'\n');
            let before = String::from_utf8_lossy(&valid[start.map_or(0, |at| at + 1)..]);
            let column = before.chars().count() + 1;
            anyhow::anyhow!("{name}:{}:{column}: not UTF-8 text", line(valid))
        })?;
        Ok(Self { name, path, text })
    }
}

/// The files of a configuration, in the order that they are applied in. The file that
/// the user named is the last.
///
/// A place is a range of bytes, counted through all files as if they were one text.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a file, and tells where its first byte is.
    pub fn add(&mut self, source: Source) -> usize {
        let start = self.0.iter().map(length).sum();
        self.0.push(source);
        start
    }

    /// Each file, and where its first byte is.
    pub fn iter(&self) -> impl Iterator<Item = (&Source, usize)> {
        self.0.iter().scan(0, |start, source| {
            let here = *start;
            *start += length(source);
            Some((source, here))
        })
    }

    /// The file that the user named.
    pub fn named(&self) -> Option<&Source> {
        self.0.last()
    }

    pub fn is_one(&self) -> bool {
        self.0.len() == 1
    }

    /// The file that `place` lies in, by its number, and where in it.
    fn locate(&self, place: &Range<usize>) -> (usize, Range<usize>) {
        let files = self.iter().enumerate();
        let (file, start) = files
            .take_while(|(_, (_, start))| *start <= place.start)
            .last()
            .map_or((0, 0), |(file, (_, start))| (file, start));
        (
            file,
            place.start - start..place.end.max(place.start) - start,
        )
    }

    /// The file and the line, from 1, that `place` begins in.
    pub fn line(&self, place: &Range<usize>) -> Option<(&Source, usize)> {
        let (file, place) = self.locate(place);
        let source = self.0.get(file)?;
        let before = place.start.min(source.text.len());
        Some((source, line(&source.text.as_bytes()[..before])))
    }
}

/// The bytes of a file, and one for what stands at its end.
fn length(source: &Source) -> usize {
    source.text.len() + 1
}

/// The line that follows `before`.
fn line(before: &[u8]) -> usize {
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// One complaint about one place of [`Sources`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is allowed, or what rule is broken: one line.
    pub title: String,
    /// The bytes to underline.
    pub span: Range<usize>,
    /// What is there instead; stands beside the underline.
    pub label: String,
    /// Other places that matter, such as the first of two equal names.
    pub related: Vec<(Range<usize>, String)>,
    /// Lists and reasons that do not fit the title.
    pub notes: Vec<String>,
    /// What the user most likely wants to write.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn new(title: impl Into<String>, span: Range<usize>, label: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            span,
            label: label.into(),
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Moves every place, of one file alone, to where that file begins.
    pub fn moved(mut self, start: usize) -> Self {
        let places = self.related.iter_mut().map(|(place, _)| place);
        for place in places.chain([&mut self.span]) {
            *place = place.start + start..place.end + start;
        }
        self
    }

    pub fn related(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Like [`Self::help`] for a help that there may not be.
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// As many errors as somebody corrects in one go.
const SHOWN_MAX: usize = 50;

/// Draws `diagnostics` in the order of their places, ending with a line that
/// counts them.
pub fn render(sources: &Sources, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut in_order: Vec<_> = diagnostics.iter().collect();
    in_order.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));

    let mut out = String::new();
    for diagnostic in in_order.iter().take(SHOWN_MAX) {
        out.push_str(&renderer.render(&[group(sources, diagnostic)]));
        out.push_str("\n\n");
    }
    let count = match in_order.len() {
        1 => "1 error".to_owned(),
        n if n <= SHOWN_MAX => format!("{n} errors"),
        n => format!("{n} errors, of which these are the first {SHOWN_MAX}"),
    };
    let name = sources.named().map_or("", |source| source.name.as_str());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{name}: {count}");
    out
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> annotate_snippets::Group<'a> {
    let primary = (AnnotationKind::Primary, &diagnostic.span, &diagnostic.label);
    let related = diagnostic.related.iter();
    let related = related.map(|(span, label)| (AnnotationKind::Context, span, label));
    // The file of the primary place comes first.
    let mut files: Vec<(usize, Vec<Annotation<'a>>)> = Vec::new();
    for (kind, span, label) in [primary].into_iter().chain(related) {
        let (file, span) = sources.locate(span);
        let text = sources.0.get(file).map_or("", |source| &source.text);
        let annotation = kind
            .span(within(text, &span))
            .label(normalize_untrusted_str(label));
        match files.iter_mut().find(|(other, _)| *other == file) {
            Some((_, annotations)) => annotations.push(annotation),
            None => files.push((file, vec![annotation])),
        }
    }
    let snippets = files.into_iter().filter_map(|(file, annotations)| {
        let source = sources.0.get(file)?;
        let snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
        Some(snippet.annotations(annotations))
    });
    Level::ERROR
        .primary_title(normalize_untrusted_str(&diagnostic.title))
        .elements(snippets)
        .elements(
            diagnostic
                .notes
                .iter()
                .map(|note| Level::NOTE.message(normalize_untrusted_str(note))),
        )
        .elements(
            diagnostic
                .help
                .iter()
                .map(|help| Level::HELP.message(normalize_untrusted_str(help))),
        )
}

/// The part of `span` that can be drawn: inside `text`, on character borders,
/// and without the line breaks that a value over many lines ends with.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    start..start + text[start..end].trim_end().len()
}

/// The word of `known` that `word` is most likely a misspelling of.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // As rustc: a third of the letters may be wrong, but always one.
    let most = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| {
            let distance =
                strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` and `c`, for a title or a note; each word in backquotes.
pub fn listing<'a>(words: impl IntoIterator<Item = &'a str>, conjunction: &str) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(texts: &[&str]) -> Sources {
        let mut sources = Sources::default();
        for (number, text) in texts.iter().enumerate() {
            sources.add(Source {
                name: format!("{number}.toml"),
                path: PathBuf::new(),
                text: (*text).to_owned(),
            });
        }
        sources
    }

    #[test]
    fn each_place_has_its_file_and_line() {
        let sources = sources(&["a\nb", "", "c"]);
        let found: Vec<_> = [0..1, 2..3, 3..3, 4..4, 5..6, 99..99]
            .iter()
            .map(|place| sources.line(place).unwrap())
            .map(|(source, line)| (source.name.as_str(), line))
            .collect();
        let first = [("0.toml", 1), ("0.toml", 2), ("0.toml", 2)];
        let others = [("1.toml", 1), ("2.toml", 1), ("2.toml", 1)];
        assert_eq!(found, [first, others].concat());
        assert_eq!(Sources::default().line(&(3..4)).map(|(_, line)| line), None);
    }

    #[test]
    fn nearest_finds_a_typing_error_and_no_more() {
        let known = ["states", "when-busy", "script-max"];
        assert_eq!(nearest("stats", known), Some("states"));
        assert_eq!(nearest("When_busy", known), Some("when-busy"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn a_listing_reads_as_a_sentence() {
        assert_eq!(listing([], "or"), "none");
        assert_eq!(listing(["a"], "or"), "`a`");
        assert_eq!(listing(["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }

    #[test]
    fn a_flood_of_errors_is_cut_short() {
        let source = sources(&["x"]);
        let many = vec![Diagnostic::new("title", 0..1, ""); 51];
        let drawn = render(&source, &many, false);
        assert_eq!(drawn.matches("error: title").count(), 50);
        assert!(drawn.ends_with("0.toml: 51 errors, of which these are the first 50\n"));
    }

    #[test]
    fn any_span_can_be_drawn() {
        let source = sources(&["é = \"ü\"", "\n\u{1b}[31m"]);
        for start in 0..20 {
            for end in 0..20 {
                let diagnostic =
                    Diagnostic::new("title", start..end, "label").related(end..start, "other");
                let drawn = render(&source, &[diagnostic], true);
                assert!(
                    drawn.contains("\u{1b}[") && drawn.contains("title"),
                    "{drawn}"
                );
                assert!(!drawn.contains("\u{1b}[31m\n"), "{drawn}");
            }
        }
    }
}
