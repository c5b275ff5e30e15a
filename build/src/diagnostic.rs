// SPDX-License-Identifier: GPL-2.0
//! What is wrong with a configuration file, and how a user gets to see it.
//!
//! A [`Diagnostic`] points into a [`Source`] with byte offsets and is drawn in
//! the manner of rustc. What is an error is decided in `config`, not here.

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{
    AnnotationKind,
    Level,
    Renderer,
    Snippet,
    normalize_untrusted_str, //
};

/// The text of a configuration file, and the name that the user gave for it.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub text: String,
}

/// One complaint about one place of a [`Source`].
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
pub fn render(source: &Source, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut in_order: Vec<_> = diagnostics.iter().collect();
    in_order.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));

    let mut out = String::new();
    for diagnostic in in_order.iter().take(SHOWN_MAX) {
        out.push_str(&renderer.render(&[group(source, diagnostic)]));
        out.push_str("\n\n");
    }
    let count = match in_order.len() {
        1 => "1 error".to_owned(),
        n if n <= SHOWN_MAX => format!("{n} errors"),
        n => format!("{n} errors, of which these are the first {SHOWN_MAX}"),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}: {count}", source.name);
    out
}

fn group<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> annotate_snippets::Group<'a> {
    let text = source.text.as_str();
    let primary = AnnotationKind::Primary
        .span(within(text, &diagnostic.span))
        .label(normalize_untrusted_str(&diagnostic.label));
    let mut snippet = Snippet::source(text)
        .path(source.name.as_str())
        .annotation(primary);
    for (span, label) in &diagnostic.related {
        let related = AnnotationKind::Context
            .span(within(text, span))
            .label(label.as_str());
        snippet = snippet.annotation(related);
    }
    Level::ERROR
        .primary_title(normalize_untrusted_str(&diagnostic.title))
        .element(snippet)
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
        let source = Source {
            name: "x.toml".into(),
            text: "x".into(),
        };
        let many = vec![Diagnostic::new("title", 0..1, ""); 51];
        let drawn = render(&source, &many, false);
        assert_eq!(drawn.matches("error: title").count(), 50);
        assert!(drawn.ends_with("x.toml: 51 errors, of which these are the first 50\n"));
    }

    #[test]
    fn any_span_can_be_drawn() {
        let source = Source {
            name: "x.toml".into(),
            text: "é = \"ü\"\n\u{1b}[31m".into(),
        };
        for start in 0..20 {
            for end in 0..20 {
                let diagnostic = Diagnostic::new("title", start..end, "label");
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
