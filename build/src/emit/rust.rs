// SPDX-License-Identifier: GPL-2.0
//! Rust source text out of tokens.
//!
//! prettyplease lays tokens out, and knows neither comments nor blank lines,
//! which tokens cannot carry. Both travel through it as calls of macros that
//! exist nowhere, each on a line of its own, and become what they stand for after.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    File,
    ImplItem,
    Item, //
};

const HEADER: &str = "\
// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

";

/// The text of a whole file.
pub fn file(tokens: TokenStream) -> String {
    let mut file: File = syn::parse2(tokens).expect("emitters make valid Rust");
    space_items(&mut file.items);
    let mut text = HEADER.to_owned();
    let laid_out = prettyplease::unparse(&file);
    let mut lines = laid_out.lines();
    while let Some(line) = lines.next() {
        // What does not fit on a line is laid out on three.
        let long = line.trim_start() == "__comment!(";
        let line = match (long, lines.clone().next()) {
            (true, Some(inner)) => {
                lines.nth(1);
                format!("{line}{});", inner.trim_start())
            }
            _ => line.to_owned(),
        };
        text.push_str(&unmask(&line));
        text.push('\n');
    }
    assert!(
        !text.contains("__comment") && !text.contains("__blank"),
        "{text}"
    );
    text
}

/// A comment before an item or a statement.
pub fn comment(text: &str) -> TokenStream {
    quote!(__comment!(#text);)
}

/// A line as it is meant to be.
fn unmask(line: &str) -> String {
    let trimmed = line.trim_start();
    if trimmed == "__blank!();" {
        return String::new();
    }
    let masked = trimmed
        .strip_prefix("__comment!(")
        .and_then(|rest| rest.strip_suffix(");"));
    match masked.map(syn::parse_str::<syn::LitStr>) {
        Some(Ok(text)) => {
            let indent = &line[..line.len() - trimmed.len()];
            format!("{indent}// {}", text.value())
        }
        _ => line.to_owned(),
    }
}

/// Puts a blank line between items, but not into a block of `use`, nor between a
/// comment and what it is about.
fn space_items(items: &mut Vec<Item>) {
    let together = |item: &Item, next: &Item| {
        matches!((item, next), (Item::Use(_), Item::Use(_)))
            || matches!(item, Item::Macro(item) if is_mask(&item.mac))
            || matches!(next, Item::Macro(next) if next.mac.path.is_ident("__blank"))
            || matches!((item, next), (Item::Mod(item), Item::Mod(next))
                if item.content.is_none() && next.content.is_none())
            || matches!((item, next), (Item::Const(item), Item::Const(next))
                if item.attrs.is_empty() && next.attrs.is_empty())
    };
    space(items, together);
    for item in items {
        match item {
            Item::Mod(module) => {
                if let Some((_, inner)) = &mut module.content {
                    space_items(inner);
                }
            }
            Item::Impl(block) => {
                let together = |item: &ImplItem, next: &ImplItem| {
                    matches!((item, next), (ImplItem::Const(_), ImplItem::Const(_)))
                        || matches!(item, ImplItem::Macro(item) if is_mask(&item.mac))
                };
                space(&mut block.items, together);
            }
            _ => {}
        }
    }
}

fn is_mask(mac: &syn::Macro) -> bool {
    mac.path.is_ident("__comment") || mac.path.is_ident("__blank")
}

fn space<T: syn::parse::Parse>(items: &mut Vec<T>, together: impl Fn(&T, &T) -> bool) {
    let mut spaced: Vec<T> = Vec::with_capacity(2 * items.len());
    for item in items.drain(..) {
        if spaced.last().is_some_and(|last| !together(last, &item)) {
            spaced.push(syn::parse_quote!(__blank!();));
        }
        spaced.push(item);
    }
    *items = spaced;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_survive() {
        let safety = comment("SAFETY: \"because\".");
        let long = "much too long a line ".repeat(6);
        let long_comment = comment(&long);
        let found = file(quote! {
            use a::b;
            use c::d;
            const A: u8 = 1;
            const B: u8 = 2;
            impl X {
                const C: u8 = 3;
                fn f() {
                    #long_comment
                    #safety
                    unsafe { g() }
                }
            }
            #safety
            unsafe impl Y for X {}
        });
        let expected = format!(
            "\
use a::b;
use c::d;

const A: u8 = 1;
const B: u8 = 2;

impl X {{
    const C: u8 = 3;

    fn f() {{
        // {long}
        // SAFETY: \"because\".
        unsafe {{ g() }}
    }}
}}

// SAFETY: \"because\".
unsafe impl Y for X {{}}
"
        );
        assert_eq!(found.strip_prefix(HEADER), Some(expected.as_str()));
    }
}
