// SPDX-License-Identifier: GPL-2.0
//! What a script does, as far as its text tells: which globals it reads, what it makes of
//! libraries and tables. What a flavour has to say to that is in [`super`].
//!
//! A name means what it is declared to; a local that is given a global, a field of a library or
//! a module, and never anything else, is followed to that.

use std::collections::{
    HashMap,
    HashSet, //
};
use std::ops::Range;

use emmylua_parser::{
    BinaryOperator,
    LuaAstNode,
    LuaAstToken,
    LuaBlock,
    LuaCallExpr,
    LuaClosureExpr,
    LuaExpr,
    LuaIndexExpr,
    LuaIndexKey,
    LuaLanguageLevel,
    LuaLiteralToken,
    LuaLocalName,
    LuaNameExpr,
    LuaNumberToken,
    LuaParseErrorKind,
    LuaParser,
    LuaStat,
    LuaSyntaxNode,
    LuaVarExpr,
    ParserConfig,
    UnaryOperator, //
};

use crate::diagnostic::Diagnostic;
use crate::stdlib::RCUTABLE;

/// Something that a script does with a name of the outside.
#[derive(Debug, Clone)]
pub struct Use {
    pub what: What,
    pub place: Range<usize>,
    /// The local that the name was reached by.
    through: Option<usize>,
}

#[derive(Debug, Clone)]
pub enum What {
    /// It needs this global.
    Global(String),
    /// It needs a field of this global.
    Field(String, String),
    /// It reads or writes a field of this global under a key that is known.
    Key(String, Key),
    /// It writes to a field of this global.
    Write(String, Option<Value>),
    /// It calls a function of this module with this global as the first argument.
    Passed(String, String, String),
    Require(String),
    /// A method of a string that stands there.
    Method(String),
    Operator(&'static str),
    /// A numeral that is no 64-bit integer.
    Float(String),
    /// A conversion or an option for floats in a format.
    Format(String),
}

/// A key of a table.
#[derive(Debug, Clone)]
pub enum Key {
    /// Its bytes.
    String(usize),
    Integer,
}

/// What a value is, whatever happens before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Nil,
    Boolean,
    Integer,
    /// With this many bytes, if that is known.
    String(Option<usize>),
    Table,
    Function,
}

/// What a script does.
#[derive(Debug, Default)]
pub struct Script {
    pub uses: Vec<Use>,
    /// Globals that it gives a value.
    pub assigned: HashSet<String>,
    /// Fields of globals that it gives a value.
    pub extended: HashSet<(String, String)>,
    /// Globals of which it gives fields a value whose names the text does not tell.
    pub extended_by_any: HashSet<String>,
    /// What it looks at before it uses it, `if utf8 then …`: globals, and fields of them.
    pub tested: HashSet<String>,
    /// Whether its globals can come from where the text does not tell: `_ENV`, `_G`, `load`.
    pub opaque: bool,
}

/// What is wrong with the text itself.
pub fn errors(text: &str) -> Vec<Diagnostic> {
    let tree = LuaParser::parse(text, config());
    let errors = tree.get_errors().iter();
    let errors = errors.filter(|error| error.kind == LuaParseErrorKind::SyntaxError);
    errors
        .map(|error| {
            let place = error.range.start().into()..error.range.end().into();
            Diagnostic::new("this is not Lua 5.5", place, error.message.as_str())
        })
        .collect()
}

/// Goes through a script without errors.
pub fn read(text: &str) -> Script {
    let tree = LuaParser::parse(text, config());
    let mut reader = Reader::default();
    if let Some(block) = tree.get_chunk_node().get_block() {
        reader.block(&block);
    }
    let Reader {
        mut script, locals, ..
    } = reader;
    let stays = |local: usize| !locals[local].changed;
    script.uses.retain(|one| one.through.is_none_or(stays));
    script
}

fn config() -> ParserConfig<'static> {
    let mut config = ParserConfig::with_level(LuaLanguageLevel::Lua55);
    // Comments are comments.
    config.enable_emmylua_doc = false;
    config
}

#[derive(Default)]
struct Reader {
    script: Script,
    locals: Vec<Local>,
    /// Numbers of locals by their names, the innermost scope last.
    scopes: Vec<HashMap<String, usize>>,
    /// Functions around that stand in a `pcall`: what they do may fail, and is meant to.
    protected: usize,
}

struct Local {
    meaning: Meaning,
    /// Whether it gets another value than its first.
    changed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    Unknown,
    Global(String),
    /// A field of a global.
    Field(String, String),
    Module(String),
    /// A field of a module.
    Function(String, String),
}

/// Fields of fields that anything is known of: `_G.string.format`, and a few to spare.
const DEPTH: usize = 8;

impl Reader {
    fn block(&mut self, block: &LuaBlock) {
        self.scopes.push(HashMap::new());
        self.statements(block);
        self.scopes.pop();
    }

    fn maybe_block(&mut self, block: Option<LuaBlock>) {
        if let Some(block) = block {
            self.block(&block);
        }
    }

    fn statements(&mut self, block: &LuaBlock) {
        for statement in block.get_stats() {
            self.statement(&statement);
        }
    }

    fn statement(&mut self, statement: &LuaStat) {
        match statement {
            LuaStat::LocalStat(local) => {
                let values: Vec<_> = local.get_value_exprs().collect();
                self.expressions(&values);
                let meanings: Vec<_> = values.iter().map(|value| self.meaning(value).0).collect();
                for (number, name) in local.get_local_name_list().enumerate() {
                    let meaning = meanings.get(number).cloned().unwrap_or(Meaning::Unknown);
                    self.declare_local(&name, meaning);
                }
            }
            LuaStat::LocalFuncStat(local) => {
                if let Some(name) = local.get_local_name() {
                    self.declare_local(&name, Meaning::Unknown);
                }
                if let Some(closure) = local.get_closure() {
                    self.closure(&closure, false);
                }
            }
            LuaStat::GlobalStat(global) => {
                let values: Vec<LuaExpr> = global.children().collect();
                self.expressions(&values);
                if !values.is_empty() {
                    for name in global.get_local_name_list() {
                        if let Some(name) = name.get_name_token() {
                            self.script.assigned.insert(name.get_name_text().to_owned());
                        }
                    }
                }
            }
            LuaStat::AssignStat(assignment) => {
                let (targets, values) = assignment.get_var_and_expr_list();
                self.expressions(&values);
                // What the last call gives is not known.
                let known = values.len() >= targets.len();
                for (number, target) in targets.iter().enumerate() {
                    let value = values
                        .get(number)
                        .filter(|_| known || number + 1 < values.len());
                    self.assign(target, value);
                }
            }
            LuaStat::FuncStat(function) => {
                let closure = function.get_closure();
                let is_method = match function.get_func_name() {
                    Some(name) => {
                        let value = closure.clone().map(LuaExpr::ClosureExpr);
                        self.assign(&name, value.as_ref());
                        matches!(&name, LuaVarExpr::IndexExpr(index)
                            if index.get_index_token().is_some_and(|token| token.is_colon()))
                    }
                    // `global function name`
                    None => {
                        for name in function.children::<LuaLocalName>() {
                            if let Some(name) = name.get_name_token() {
                                self.script.assigned.insert(name.get_name_text().to_owned());
                            }
                        }
                        false
                    }
                };
                if let Some(closure) = closure {
                    self.closure(&closure, is_method);
                }
            }
            LuaStat::CallExprStat(call) => {
                if let Some(call) = call.get_call_expr() {
                    self.call(&call);
                }
            }
            LuaStat::IfStat(branch) => {
                self.maybe_expression(branch.get_condition_expr());
                self.maybe_block(branch.get_block());
                for clause in branch.get_all_clause() {
                    self.maybe_expression(clause.get_condition_expr());
                    self.maybe_block(clause.get_block());
                }
            }
            LuaStat::WhileStat(repeat) => {
                self.maybe_expression(repeat.get_condition_expr());
                self.maybe_block(repeat.get_block());
            }
            LuaStat::DoStat(inner) => self.maybe_block(inner.get_block()),
            LuaStat::ForStat(repeat) => {
                let bounds: Vec<_> = repeat.get_iter_expr().collect();
                self.expressions(&bounds);
                self.scopes.push(HashMap::new());
                if let Some(name) = repeat.get_var_name() {
                    self.declare(name.get_name_text(), Meaning::Unknown);
                }
                self.maybe_block(repeat.get_block());
                self.scopes.pop();
            }
            LuaStat::ForRangeStat(repeat) => {
                let iterated: Vec<_> = repeat.get_expr_list().collect();
                self.expressions(&iterated);
                self.scopes.push(HashMap::new());
                for name in repeat.get_var_name_list() {
                    self.declare(name.get_name_text(), Meaning::Unknown);
                }
                self.maybe_block(repeat.get_block());
                self.scopes.pop();
            }
            LuaStat::RepeatStat(repeat) => {
                // The condition sees the locals of the body.
                self.scopes.push(HashMap::new());
                if let Some(block) = repeat.get_block() {
                    self.statements(&block);
                }
                self.maybe_expression(repeat.get_condition_expr());
                self.scopes.pop();
            }
            LuaStat::ReturnStat(end) => {
                let values: Vec<_> = end.get_expr_list().collect();
                self.expressions(&values);
            }
            LuaStat::BreakStat(_)
            | LuaStat::GotoStat(_)
            | LuaStat::LabelStat(_)
            | LuaStat::EmptyStat(_)
            | LuaStat::ContinueStat(_) => {}
        }
    }

    fn declare_local(&mut self, name: &LuaLocalName, meaning: Meaning) {
        if let Some(name) = name.get_name_token() {
            self.declare(name.get_name_text(), meaning);
        }
    }

    fn declare(&mut self, name: &str, meaning: Meaning) {
        self.script.opaque |= name == "_ENV";
        let number = self.locals.len();
        self.locals.push(Local {
            meaning,
            changed: false,
        });
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), number);
        }
    }

    fn local(&self, name: &str) -> Option<usize> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.get(name).copied())
    }

    /// What an expression is, and by which local.
    fn meaning(&self, expression: &LuaExpr) -> (Meaning, Option<usize>) {
        self.meaning_within(expression, DEPTH)
    }

    fn meaning_within(&self, expression: &LuaExpr, depth: usize) -> (Meaning, Option<usize>) {
        let Some(depth) = depth.checked_sub(1) else {
            return (Meaning::Unknown, None);
        };
        match bare(expression) {
            LuaExpr::NameExpr(name) => {
                let name = name.get_name_text().unwrap_or_default();
                match self.local(&name) {
                    Some(local) => (self.locals[local].meaning.clone(), Some(local)),
                    None => (Meaning::Global(name), None),
                }
            }
            LuaExpr::IndexExpr(index) => {
                let Some((of, field)) = index.get_prefix_expr().zip(field(&index)) else {
                    return (Meaning::Unknown, None);
                };
                let (of, local) = self.meaning_within(&of, depth);
                let meaning = match of {
                    Meaning::Global(of) if of == "_G" => Meaning::Global(field),
                    Meaning::Global(of) => Meaning::Field(of, field),
                    Meaning::Module(of) => Meaning::Function(of, field),
                    _ => Meaning::Unknown,
                };
                (meaning, local)
            }
            LuaExpr::CallExpr(call) => match self.required_within(&call, depth) {
                Some(module) => (Meaning::Module(module), None),
                None => (Meaning::Unknown, None),
            },
            _ => (Meaning::Unknown, None),
        }
    }

    /// The module of a call `require "module"`.
    fn required(&self, call: &LuaCallExpr) -> Option<String> {
        self.required_within(call, DEPTH)
    }

    fn required_within(&self, call: &LuaCallExpr, depth: usize) -> Option<String> {
        let (meaning, _) = self.meaning_within(&call.get_prefix_expr()?, depth);
        let first = arguments(call).into_iter().next()?;
        (meaning == Meaning::Global("require".to_owned())).then(|| string(&first))?
    }

    fn found(&mut self, what: What, node: &LuaSyntaxNode, through: Option<usize>) {
        let range = node.text_range();
        self.found_at(what, range.start().into()..range.end().into(), through);
    }

    fn found_at(&mut self, what: What, place: Range<usize>, through: Option<usize>) {
        // A numeral fails before anything is called.
        if self.protected == 0 || matches!(what, What::Float(_)) {
            self.script.uses.push(Use {
                what,
                place,
                through,
            });
        }
    }

    fn maybe_expression(&mut self, expression: Option<LuaExpr>) {
        if let Some(expression) = expression {
            self.expression(&expression);
        }
    }

    fn expressions(&mut self, expressions: &[LuaExpr]) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &LuaExpr) {
        match expression {
            LuaExpr::NameExpr(name) => self.name(name),
            LuaExpr::IndexExpr(index) => self.index(index),
            LuaExpr::CallExpr(call) => self.call(call),
            LuaExpr::ClosureExpr(closure) => self.closure(closure, false),
            LuaExpr::ParenExpr(inside) => self.maybe_expression(inside.get_expr()),
            LuaExpr::UnaryExpr(unary) => self.maybe_expression(unary.get_expr()),
            LuaExpr::BinaryExpr(binary) => {
                let operator = binary.get_op_token();
                let word = operator.as_ref().and_then(|token| match token.get_op() {
                    BinaryOperator::OpDiv => Some("/"),
                    BinaryOperator::OpPow => Some("^"),
                    _ => None,
                });
                if let (Some(word), Some(token)) = (word, &operator) {
                    let range = token.get_range();
                    let place = range.start().into()..range.end().into();
                    self.found_at(What::Operator(word), place, None);
                }
                if let Some((left, right)) = binary.get_exprs() {
                    self.expression(&left);
                    self.expression(&right);
                }
            }
            LuaExpr::TableExpr(table) => {
                for field in table.get_fields() {
                    if let Some(LuaIndexKey::Expr(key)) = field.get_field_key()
                        && field.is_assign_field()
                    {
                        self.expression(&key);
                    }
                    self.maybe_expression(field.get_value_expr());
                }
            }
            LuaExpr::LiteralExpr(literal) => {
                if let Some(LuaLiteralToken::Number(number)) = literal.get_literal()
                    && !is_integer(&number)
                {
                    let text = number.get_text().to_owned();
                    self.found(What::Float(text), literal.syntax(), None);
                }
            }
            other => {
                let inside: Vec<LuaExpr> = other
                    .syntax()
                    .children()
                    .filter_map(LuaExpr::cast)
                    .collect();
                self.expressions(&inside);
            }
        }
    }

    fn name(&mut self, name: &LuaNameExpr) {
        let text = name.get_name_text().unwrap_or_default();
        if let Some(local) = self.local(&text) {
            // What is asked of the local is asked of what it stands for.
            if is_tested(name.syntax())
                && let Meaning::Global(of) = self.locals[local].meaning.clone()
            {
                self.script.tested.insert(of);
            }
            return;
        }
        self.script.opaque |= matches!(text.as_str(), "_ENV" | "_G" | "load");
        if is_tested(name.syntax()) {
            self.script.tested.insert(text);
        } else {
            self.found(What::Global(text), name.syntax(), None);
        }
    }

    fn index(&mut self, index: &LuaIndexExpr) {
        self.index_parts(index);
        let Some(of) = index.get_prefix_expr() else {
            return;
        };
        let (of, through) = self.meaning(&of);
        let Meaning::Global(of) = of else {
            return;
        };
        if let Some(key) = key(index) {
            self.found(What::Key(of.clone(), key), index.syntax(), through);
        }
        let Some(field) = field(index) else {
            return;
        };
        if of == "_G" || is_tested(index.syntax()) {
            self.script.tested.insert(match of.as_str() {
                "_G" => field,
                _ => format!("{of}.{field}"),
            });
        } else {
            self.found(What::Field(of, field), index.syntax(), through);
        }
    }

    /// What stands inside of `prefix[key]`.
    fn index_parts(&mut self, index: &LuaIndexExpr) {
        self.maybe_expression(index.get_prefix_expr());
        if let Some(LuaIndexKey::Expr(key)) = index.get_index_key() {
            self.expression(&key);
        }
    }

    fn assign(&mut self, target: &LuaVarExpr, value: Option<&LuaExpr>) {
        match target {
            LuaVarExpr::NameExpr(name) => {
                let name = name.get_name_text().unwrap_or_default();
                match self.local(&name) {
                    Some(local) => self.locals[local].changed = true,
                    None => {
                        self.script.opaque |= name == "_ENV";
                        self.script.assigned.insert(name);
                    }
                }
            }
            LuaVarExpr::IndexExpr(index) => {
                self.index_parts(index);
                let of = index.get_prefix_expr().map(|of| self.meaning(&of));
                let Some((Meaning::Global(of), through)) = of else {
                    return;
                };
                match (field(index), of.as_str()) {
                    (Some(field), "_G") => drop(self.script.assigned.insert(field)),
                    (Some(field), _) => drop(self.script.extended.insert((of.clone(), field))),
                    (None, _) => drop(self.script.extended_by_any.insert(of.clone())),
                }
                if let Some(key) = key(index) {
                    self.found(What::Key(of.clone(), key), index.syntax(), through);
                }
                let kind = value.and_then(kind);
                let at = value.map_or(index.syntax().clone(), |value| value.syntax().clone());
                self.found(What::Write(of, kind), &at, through);
            }
        }
    }

    fn call(&mut self, call: &LuaCallExpr) {
        let arguments = arguments(call);
        let required = self.required(call);
        let callee = call.get_prefix_expr();
        match &callee {
            Some(LuaExpr::IndexExpr(index)) if call.is_colon_call() => {
                self.maybe_expression(index.get_prefix_expr());
                self.method(index);
            }
            callee => self.maybe_expression(callee.clone()),
        }
        if let (Some(module), Some(first)) = (required, arguments.first()) {
            self.found(What::Require(module), first.syntax(), None);
        }
        let callee = callee.filter(|_| !call.is_colon_call());
        if let Some(callee) = &callee {
            self.function(callee, &arguments);
        }
        let protects = callee.is_some_and(|callee| {
            matches!(self.meaning(&callee).0, Meaning::Global(name)
                if name == "pcall" || name == "xpcall")
        });
        for argument in &arguments {
            let protected = protects && matches!(argument, LuaExpr::ClosureExpr(_));
            self.protected += usize::from(protected);
            self.expression(argument);
            self.protected -= usize::from(protected);
        }
    }

    /// Looks at a call `value:name(…)`.
    fn method(&mut self, index: &LuaIndexExpr) {
        let Some((of, name)) = index.get_prefix_expr().zip(field(index)) else {
            return;
        };
        if let Some(text) = string(&bare(&of)) {
            let text = (name == "format").then_some(text);
            self.found(What::Method(name), index.syntax(), None);
            if let Some(wrong) = text.as_deref().and_then(float_conversion) {
                self.found(What::Format(wrong), of.syntax(), None);
            }
            return;
        }
        let (meaning, through) = self.meaning(&of);
        if let Meaning::Global(of) = meaning {
            self.found(What::Field(of, name), index.syntax(), through);
        }
    }

    /// Looks at the call of a function that is known.
    fn function(&mut self, callee: &LuaExpr, arguments: &[LuaExpr]) {
        let first = arguments.first();
        match self.meaning(callee) {
            (Meaning::Field(of, name), through) if of == "string" => {
                let wrong = first.and_then(string).and_then(|text| match name.as_str() {
                    "format" => float_conversion(&text),
                    "pack" | "packsize" | "unpack" => float_option(&text),
                    _ => None,
                });
                if let (Some(wrong), Some(first)) = (wrong, first) {
                    self.found(What::Format(wrong), first.syntax(), through);
                }
            }
            (Meaning::Function(module, name), through) => {
                let passed = first.map(|first| (first, self.meaning(first).0));
                if let Some((first, Meaning::Global(table))) = passed {
                    let written = match (module.as_str(), name.as_str()) {
                        (RCUTABLE, "setdefault" | "swap") => arguments.get(2),
                        (RCUTABLE, "cas") => arguments.get(3),
                        _ => None,
                    };
                    let what = What::Passed(module, name, table.clone());
                    self.found(what, first.syntax(), through);
                    if let Some(value) = written {
                        let what = What::Write(table, kind(value));
                        self.found(what, value.syntax(), through);
                    }
                }
            }
            _ => {}
        }
    }

    fn closure(&mut self, closure: &LuaClosureExpr, is_method: bool) {
        self.scopes.push(HashMap::new());
        if is_method {
            self.declare("self", Meaning::Unknown);
        }
        if let Some(parameters) = closure.get_params_list() {
            for name in parameters.get_params() {
                if let Some(name) = name.get_name_token() {
                    self.declare(name.get_name_text(), Meaning::Unknown);
                }
            }
        }
        self.maybe_block(closure.get_block());
        self.scopes.pop();
    }
}

fn arguments(call: &LuaCallExpr) -> Vec<LuaExpr> {
    let list = call.get_args_list();
    list.map_or_else(Vec::new, |list| list.get_args().collect())
}

/// An expression without parentheses around it.
fn bare(expression: &LuaExpr) -> LuaExpr {
    match expression {
        LuaExpr::ParenExpr(inside) => match inside.get_expr() {
            Some(inside) => bare(&inside),
            None => expression.clone(),
        },
        other => other.clone(),
    }
}

/// The text of a string that stands there.
fn string(expression: &LuaExpr) -> Option<String> {
    match expression {
        LuaExpr::LiteralExpr(literal) => match literal.get_literal()? {
            LuaLiteralToken::String(token) => Some(token.get_value()),
            _ => None,
        },
        _ => None,
    }
}

/// The field that `a.field` and `a["field"]` name.
fn field(index: &LuaIndexExpr) -> Option<String> {
    match index.get_index_key()? {
        LuaIndexKey::Name(name) => Some(name.get_name_text().to_owned()),
        LuaIndexKey::String(token) => Some(token.get_value()),
        _ => None,
    }
}

fn key(index: &LuaIndexExpr) -> Option<Key> {
    match index.get_index_key()? {
        LuaIndexKey::Name(name) => Some(Key::String(name.get_name_text().len())),
        // An escape may stand for a byte that is no character.
        LuaIndexKey::String(token) if token.get_text().contains('\\') => None,
        LuaIndexKey::String(token) => Some(Key::String(token.get_value().len())),
        LuaIndexKey::Integer(_) => Some(Key::Integer),
        _ => None,
    }
}

/// Whether Lua reads this as an integer. A decimal one past 64 bits is a float.
fn is_integer(number: &LuaNumberToken) -> bool {
    let text = number.get_text();
    let is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    number.is_int() && (is_hexadecimal || text.parse::<i64>().is_ok())
}

/// What a value is, if its text tells.
fn kind(value: &LuaExpr) -> Option<Value> {
    match bare(value) {
        LuaExpr::TableExpr(_) => Some(Value::Table),
        LuaExpr::ClosureExpr(_) => Some(Value::Function),
        LuaExpr::LiteralExpr(literal) => match literal.get_literal()? {
            LuaLiteralToken::Nil(_) => Some(Value::Nil),
            LuaLiteralToken::Bool(_) => Some(Value::Boolean),
            LuaLiteralToken::Number(number) => is_integer(&number).then_some(Value::Integer),
            LuaLiteralToken::String(token) => {
                let plain = !token.get_text().contains('\\');
                Some(Value::String(plain.then(|| token.get_value().len())))
            }
            _ => None,
        },
        LuaExpr::UnaryExpr(unary) => match unary.get_op_token()?.get_op() {
            UnaryOperator::OpNot => Some(Value::Boolean),
            UnaryOperator::OpLen => Some(Value::Integer),
            _ => kind(&unary.get_expr()?).filter(|kind| *kind == Value::Integer),
        },
        LuaExpr::BinaryExpr(binary) => {
            let (left, right) = binary.get_exprs()?;
            let (left, right) = (kind(&left), kind(&right));
            match binary.get_op_token()?.get_op() {
                BinaryOperator::OpConcat => Some(Value::String(None)),
                BinaryOperator::OpLt
                | BinaryOperator::OpLe
                | BinaryOperator::OpGt
                | BinaryOperator::OpGe
                | BinaryOperator::OpEq
                | BinaryOperator::OpNe => Some(Value::Boolean),
                BinaryOperator::OpAnd => None,
                BinaryOperator::OpOr => same(truthy(&binary.get_left_expr()?)?, right?),
                // Without a metamethod, which two integers have none of.
                _ => left.filter(|left| *left == Value::Integer && right == Some(*left)),
            }
        }
        _ => None,
    }
}

/// What a value is unless it is `nil` or `false`.
fn truthy(value: &LuaExpr) -> Option<Value> {
    if let LuaExpr::BinaryExpr(binary) = bare(value)
        && binary.get_op_token()?.get_op() == BinaryOperator::OpAnd
    {
        return truthy(&binary.get_exprs()?.1);
    }
    kind(value).filter(|kind| !matches!(kind, Value::Nil | Value::Boolean))
}

/// What a value is that is one or the other.
fn same(one: Value, other: Value) -> Option<Value> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => {
            Some(Value::String(one.filter(|one| Some(*one) == other)))
        }
        _ => (one == other).then_some(one),
    }
}

/// Whether the script only asks if there is something: in a condition, beside `not`, `or`, `==
/// nil` or `~= nil`, before `and`, or as what `type` is called with.
fn is_tested(node: &LuaSyntaxNode) -> bool {
    let Some(parent) = node.parent() else {
        return false;
    };
    if let Some(parent) = LuaExpr::cast(parent.clone()) {
        return match parent {
            LuaExpr::ParenExpr(_) => is_tested(&node.parent().expect("it has one")),
            LuaExpr::UnaryExpr(unary) => unary
                .get_op_token()
                .is_some_and(|token| token.get_op() == UnaryOperator::OpNot),
            LuaExpr::BinaryExpr(binary) => {
                let is_left = binary
                    .get_left_expr()
                    .is_some_and(|left| left.syntax() == node);
                match binary.get_op_token().map(|token| token.get_op()) {
                    Some(BinaryOperator::OpEq | BinaryOperator::OpNe) => {
                        let sides = binary.get_exprs();
                        let other = sides.map(|(left, right)| if is_left { right } else { left });
                        other.is_some_and(|other| kind(&other) == Some(Value::Nil))
                    }
                    // `table.unpack or unpack` does without what is not there.
                    Some(BinaryOperator::OpOr) => true,
                    Some(BinaryOperator::OpAnd) => is_left || is_tested(binary.syntax()),
                    _ => false,
                }
            }
            _ => false,
        };
    }
    if let Some(statement) = LuaStat::cast(parent.clone()) {
        return matches!(
            statement,
            LuaStat::IfStat(_) | LuaStat::WhileStat(_) | LuaStat::RepeatStat(_)
        );
    }
    if emmylua_parser::LuaElseIfClauseStat::cast(parent.clone()).is_some() {
        return true;
    }
    let call = parent.parent().and_then(LuaCallExpr::cast);
    call.is_some_and(|call| call.is_type())
}

/// A conversion of `string.format` that takes a float.
fn float_conversion(format: &str) -> Option<String> {
    let mut rest = format;
    while let Some(start) = rest.find('%') {
        let after = &rest[start + 1..];
        let end = after.find(|c: char| !"-+ #0123456789.".contains(c))?;
        let letter = after[end..].chars().next()?;
        if "aAeEfFgG".contains(letter) {
            return Some(format!("%{}{letter}", &after[..end]));
        }
        rest = &after[end + letter.len_utf8()..];
    }
    None
}

/// An option of `string.pack` that takes a float.
fn float_option(format: &str) -> Option<String> {
    let option = format.chars().find(|c| "fdn".contains(*c));
    option.map(|option| option.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_of_floats_are_found_among_others() {
        let found = |format| float_conversion(format);
        assert_eq!(found("%d %s %q %5.2f"), Some("%5.2f".to_owned()));
        assert_eq!(found("100%% good"), None);
        assert_eq!(found("%%g %g"), Some("%g".to_owned()));
        assert_eq!(found("%"), None);
        assert_eq!(found("%-10s|%x"), None);
    }
}
