// SPDX-License-Identifier: GPL-2.0
//! Puts a flavour together: every file of its directory, in memory.

use std::collections::BTreeMap;

use anyhow::{
    Context,
    Result,
    anyhow, //
};

use crate::compiler::Failure;
use crate::config::{
    Accepted,
    Config, //
};
use crate::emit;
use crate::licences;
use crate::stdlib::StdlibModule;
use crate::tree::Tree;
use crate::upstream::Upstream;
use crate::workspace::{
    Paths,
    Workspace, //
};

/// # Errors
///
/// Sources that are missing, cannot be read, or do not fit together.
pub fn assemble(accepted: &Accepted, paths: &Paths, workspace: &Workspace) -> Result<Tree> {
    let config = &accepted.config;
    let upstream = Upstream::locate(&paths.root)?;
    let lua = upstream.lua(&paths.patches())?;
    let mlua_sys = upstream.mlua_sys()?;

    let mut tree = Tree::default();
    tree.add("lunatik.toml", accepted.whole(|script| script.path("lua")))?;
    for (path, contents) in &workspace.kmod {
        tree.add(path, contents.as_slice())?;
    }
    add_lua(&mut tree, config, &lua)?;
    let lua_h = lua
        .get("lua.h")
        .context("the package lua-src has no lua.h")?;
    licences::add(&mut tree, &paths.root, &upstream, lua_h, &config.scripts)?;
    for (path, text) in mlua_sys {
        tree.add(format!("mlua-sys/{path}"), text)?;
    }
    for name in &config.lua.stdlib {
        let module = workspace
            .stdlib
            .get(name)
            .with_context(|| format!("there is no {name}.lua in {}", paths.stdlib.display()))?;
        tree.add(format!("stdlib/{name}.lua"), module.source.as_bytes())?;
        if config.has_chunks() {
            let chunk = compile_module(name, module, config, workspace)?;
            tree.add(format!("stdlib/{name}.luac"), chunk)?;
        }
    }
    for script in &config.scripts {
        tree.add(script.path("lua"), script.source.as_slice())?;
        tree.add(script.path("luac"), script.chunk.as_slice())?;
    }
    for (path, text) in emit::all(config) {
        tree.add(path, text)?;
    }
    Ok(tree)
}

/// Where there are chunks, modules are some, too.
fn compile_module(
    name: &str,
    module: &StdlibModule,
    config: &Config,
    workspace: &Workspace,
) -> Result<Vec<u8>> {
    let strip = !config.lua.debug_info;
    let chunk = format!("stdlib/{name}.lua");
    let compiled = workspace
        .compiler
        .compile(module.source.as_bytes(), &chunk, strip);
    compiled.map_err(|failure| match failure {
        Failure::Script(message) => anyhow!("the module {name} does not compile: {message}"),
        Failure::Broken(why) => anyhow!("the module {name} cannot be compiled: {why}"),
    })
}

/// Copies what the flavour compiles, and every header.
fn add_lua(tree: &mut Tree, config: &Config, lua: &BTreeMap<String, String>) -> Result<()> {
    let headers = lua.keys().filter(|name| name.ends_with(".h")).cloned();
    let sources = emit::lua_objects(config).map(|stem| format!("{stem}.c"));
    for name in headers.chain(sources) {
        let text = lua
            .get(&name)
            .with_context(|| format!("the package lua-src has no {name}"))?;
        tree.add(format!("lua/src/{name}"), text.as_bytes())?;
    }
    Ok(())
}
