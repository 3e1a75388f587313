//! Reads a crate's source files with `syn` and finds, for each file, which names it takes from which other file.
//!
//! A path is resolved as the compiler would: `crate::`, `self::`, `super::`, imports, renamed imports, globs and re-exports are
//! followed to the file that defines the name. Paths in macro calls and attributes count too. A method that is called on
//! `self` is taken from the file whose `impl` block holds it. Code under `#[cfg(test)]` is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// What a crate's files define and take from each other. A file is named by its path below `src`.
#[derive(Debug, Default)]
pub struct Names {
    /// For each file, the files it takes names from, and those names.
    pub taken: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// For each file, the top-level modules that its paths lead through or to.
    pub top_modules: BTreeMap<String, BTreeSet<String>>,
    /// For each file, the paths that lead out of the crate, such as `hyper::client::conn`.
    pub external: BTreeMap<String, BTreeSet<String>>,
    /// For each file, its string literals.
    pub literals: BTreeMap<String, Vec<String>>,
    /// For each file, the names of the modules, items, methods and variants that it defines.
    pub defined: BTreeMap<String, BTreeSet<String>>,
}

/// Source files by their path below `src`.
pub type Sources = BTreeMap<String, String>;

/// The Rust files below a directory.
pub fn read_sources(src: &Path) -> Sources {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(src, &mut found);
    let name = |path: &Path| path.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// Resolves every path of the library `lib.rs` and of a binary `main.rs` that uses it as `library`.
pub fn resolve(sources: &Sources, library: &str) -> Names {
    let mut tree = Tree { library: library.to_owned(), ..Tree::default() };
    let roots: Vec<ModuleId> = ["lib.rs", "main.rs"]
        .into_iter()
        .filter(|root| sources.contains_key(*root))
        .map(|root| tree.add_file(sources, root, None, root))
        .collect();
    assert!(!roots.is_empty(), "there is neither lib.rs nor main.rs");
    let unread: Vec<&String> = sources.keys().filter(|file| !tree.files.contains_key(*file)).collect();
    let tests_alone =
        |file: &String| tree.test_files.iter().any(|test| file == test || file.starts_with(&folder_of(test)));
    assert!(unread.iter().all(|file| tests_alone(file)), "no `mod` declares {unread:?}");
    tree.find_impls();
    let mut names = Names::default();
    for (file, (module, syntax)) in &tree.files {
        let mut reader =
            Reader { tree: &tree, names: &mut names, file, module: *module, blocks: Vec::new(), receiver: None };
        reader.names.taken.entry(file.clone()).or_default();
        reader.visit_file(syntax);
    }
    names
}

/// The folder that holds the submodules of a file: `a/` for `a.rs`.
fn folder_of(file: &str) -> String {
    match file {
        "lib.rs" | "main.rs" => String::new(),
        _ => format!("{}/", file.trim_end_matches(".rs").trim_end_matches("/mod")),
    }
}

type ModuleId = usize;

/// A module: a file, or a `mod name { .. }` inside one.
#[derive(Debug, Default)]
struct Module {
    file: String,
    parent: Option<ModuleId>,
    /// The module at the top of `src` that holds this one: empty for the root itself.
    top: String,
    scope: Scope,
}

/// The names of a module or block. A name can stand for a module and a function at once.
#[derive(Debug, Default)]
struct Scope {
    names: HashMap<String, Vec<Entry>>,
    globs: Vec<Vec<String>>,
}

#[derive(Debug, Clone)]
enum Entry {
    Module(ModuleId),
    Item,
    Import(Vec<String>),
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Target {
    Module(ModuleId),
    /// An item, the module that defines it, and the segments that follow it in the path (a variant, an associated function).
    Item {
        module: ModuleId,
        name: String,
        rest: Vec<String>,
    },
    External(Vec<String>),
}

#[derive(Default)]
struct Tree {
    library: String,
    modules: Vec<Module>,
    files: BTreeMap<String, (ModuleId, syn::File)>,
    test_files: Vec<String>,
    /// For each type (its module and name) and function of its `impl` blocks, the files with such a block.
    impls: HashMap<(ModuleId, String, String), BTreeSet<String>>,
}

impl Tree {
    fn add_file(&mut self, sources: &Sources, file: &str, parent: Option<ModuleId>, top: &str) -> ModuleId {
        let text = sources.get(file).unwrap_or_else(|| panic!("`{file}` is declared and does not exist"));
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let top = if parent.is_none() { String::new() } else { top.to_owned() };
        let id = self.add_module(file, parent, top);
        self.add_items(sources, id, &syntax.items, &folder_of(file));
        self.files.insert(file.to_owned(), (id, syntax));
        id
    }

    fn add_module(&mut self, file: &str, parent: Option<ModuleId>, top: String) -> ModuleId {
        self.modules.push(Module { file: file.to_owned(), parent, top, scope: Scope::default() });
        self.modules.len() - 1
    }

    fn add_items(&mut self, sources: &Sources, id: ModuleId, items: &[syn::Item], folder: &str) {
        for item in items {
            if let syn::Item::Mod(declared) = item {
                let name = declared.ident.to_string();
                let beside = format!("{folder}{name}.rs");
                let file = if sources.contains_key(&beside) { beside } else { format!("{folder}{name}/mod.rs") };
                if is_test(&declared.attrs) {
                    if declared.content.is_none() {
                        self.test_files.push(file);
                    }
                    continue;
                }
                let top = match self.modules[id].parent {
                    None => name.clone(),
                    Some(_) => self.modules[id].top.clone(),
                };
                let child = match &declared.content {
                    None => self.add_file(sources, &file, Some(id), &top),
                    Some((_, inside)) => {
                        let own_file = self.modules[id].file.clone();
                        let child = self.add_module(&own_file, Some(id), top);
                        self.add_items(sources, child, inside, &format!("{folder}{name}/"));
                        child
                    }
                };
                self.modules[id].scope.names.entry(name).or_default().push(Entry::Module(child));
            } else {
                add_to_scope(&mut self.modules[id].scope, item);
            }
        }
    }

    /// Notes which file holds which function of which type, for types whose `impl` blocks stand in several files.
    fn find_impls(&mut self) {
        let mut found = Vec::new();
        for (file, (module, syntax)) in &self.files {
            for_each_impl(*module, &syntax.items, self, &mut |scope, block| {
                let syn::Type::Path(path) = &*block.self_ty else { return };
                for target in self.find(scope, &[], &segments(&path.path), &mut HashSet::new()) {
                    let Target::Item { module, name, .. } = target else { continue };
                    for function in functions(block) {
                        found.push(((module, name.clone(), function), file.clone()));
                    }
                }
            });
        }
        for (key, file) in found {
            self.impls.entry(key).or_default().insert(file);
        }
    }

    fn root_of(&self, module: ModuleId) -> ModuleId {
        self.modules[module].parent.map_or(module, |parent| self.root_of(parent))
    }

    /// Where a path leads that stands in `module`, within `blocks` that have imports of their own.
    fn find(
        &self,
        module: ModuleId,
        blocks: &[Scope],
        path: &[String],
        seen: &mut HashSet<(ModuleId, Vec<String>)>,
    ) -> Vec<Target> {
        if !seen.insert((module, path.to_vec())) {
            return Vec::new();
        }
        let Some((first, rest)) = path.split_first() else { return vec![Target::Module(module)] };
        let starts = match first.as_str() {
            "crate" => vec![Target::Module(self.root_of(module))],
            "self" => vec![Target::Module(module)],
            "super" => vec![Target::Module(self.modules[module].parent.unwrap_or(module))],
            "Self" => return Vec::new(),
            name => {
                let local =
                    blocks.iter().rev().map(|block| self.look_up(module, block, name, seen)).find(|f| !f.is_empty());
                let found = local.unwrap_or_else(|| self.look_up(module, &self.modules[module].scope, name, seen));
                match found.is_empty() {
                    true if name == self.library => {
                        vec![Target::Module(self.files.get("lib.rs").map_or(0, |(id, _)| *id))]
                    }
                    true => return vec![Target::External(path.to_vec())],
                    false => found,
                }
            }
        };
        self.follow_all(starts, rest, seen)
    }

    /// Where the rest of a path leads from all that its beginning can mean. A function cannot be followed by `::`, so where a
    /// module has the same name as one, the module is meant.
    fn follow_all(
        &self,
        mut starts: Vec<Target>,
        rest: &[String],
        seen: &mut HashSet<(ModuleId, Vec<String>)>,
    ) -> Vec<Target> {
        if !rest.is_empty() && starts.iter().any(|start| matches!(start, Target::Module(_))) {
            starts.retain(|start| matches!(start, Target::Module(_)));
        }
        starts.into_iter().flat_map(|start| self.follow(start, rest, seen)).collect()
    }

    fn follow(&self, from: Target, rest: &[String], seen: &mut HashSet<(ModuleId, Vec<String>)>) -> Vec<Target> {
        let Some((next, after)) = rest.split_first() else { return vec![from] };
        match from {
            Target::Module(module) if next == "super" => {
                let parent = self.modules[module].parent.unwrap_or(module);
                self.follow(Target::Module(parent), after, seen)
            }
            Target::Module(module) if next == "self" => self.follow(Target::Module(module), after, seen),
            Target::Module(module) => {
                let found = self.look_up(module, &self.modules[module].scope, next, seen);
                self.follow_all(found, after, seen)
            }
            Target::Item { module, name, rest: mut behind } => {
                behind.extend(rest.iter().cloned());
                vec![Target::Item { module, name, rest: behind }]
            }
            Target::External(mut path) => {
                path.extend(rest.iter().cloned());
                vec![Target::External(path)]
            }
        }
    }

    /// What a name means in a scope of `module`; names of globs only where nothing else has that name.
    fn look_up(
        &self,
        module: ModuleId,
        scope: &Scope,
        name: &str,
        seen: &mut HashSet<(ModuleId, Vec<String>)>,
    ) -> Vec<Target> {
        let mut found = Vec::new();
        for entry in scope.names.get(name).into_iter().flatten() {
            match entry {
                Entry::Module(child) => found.push(Target::Module(*child)),
                Entry::Item => found.push(Target::Item { module, name: name.to_owned(), rest: Vec::new() }),
                // `use http;` or `use self::x as http;`: the import's own name is not looked up in itself.
                Entry::Import(path) if path.len() == 1 && path[0] == name => found.push(Target::External(path.clone())),
                Entry::Import(path) => found.extend(self.find(module, &[], path, seen)),
            }
        }
        if found.is_empty() {
            for glob in &scope.globs {
                for target in self.find(module, &[], glob, &mut seen.clone()) {
                    let Target::Module(other) = target else { continue };
                    if other != module && seen.insert((other, vec!["*".to_owned(), name.to_owned()])) {
                        found.extend(self.look_up(other, &self.modules[other].scope, name, seen));
                    }
                }
            }
        }
        found
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

fn add_to_scope(scope: &mut Scope, item: &syn::Item) {
    let mut define = |ident: &syn::Ident| scope.names.entry(ident.to_string()).or_default().push(Entry::Item);
    match item {
        syn::Item::Const(item) => define(&item.ident),
        syn::Item::Enum(item) => define(&item.ident),
        syn::Item::Fn(item) => define(&item.sig.ident),
        syn::Item::Static(item) => define(&item.ident),
        syn::Item::Struct(item) => define(&item.ident),
        syn::Item::Trait(item) => define(&item.ident),
        syn::Item::Type(item) => define(&item.ident),
        syn::Item::Union(item) => define(&item.ident),
        syn::Item::Macro(item) => {
            if let Some(ident) = &item.ident {
                define(ident);
            }
        }
        syn::Item::Use(item) if !is_test(&item.attrs) => {
            for import in imports(&item.tree) {
                match import.name {
                    Some(name) => scope.names.entry(name).or_default().push(Entry::Import(import.path)),
                    None => scope.globs.push(import.path),
                }
            }
        }
        _ => {}
    }
}

/// One name that a `use` brings, or all of a module where `name` is missing.
struct Import {
    name: Option<String>,
    path: Vec<String>,
}

fn imports(tree: &syn::UseTree) -> Vec<Import> {
    fn walk(tree: &syn::UseTree, before: &[String], found: &mut Vec<Import>) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => walk(&path.tree, &with(&path.ident), found),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| walk(item, before, found)),
            syn::UseTree::Glob(_) => found.push(Import { name: None, path: before.to_vec() }),
            syn::UseTree::Name(name) if name.ident == "self" => {
                found.push(Import { name: before.last().cloned(), path: before.to_vec() });
            }
            syn::UseTree::Name(name) => {
                found.push(Import { name: Some(name.ident.to_string()), path: with(&name.ident) });
            }
            syn::UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { before.to_vec() } else { with(&rename.ident) };
                found.push(Import { name: Some(rename.rename.to_string()), path });
            }
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], &mut found);
    found
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

fn functions(block: &syn::ItemImpl) -> Vec<String> {
    let name = |item: &syn::ImplItem| match item {
        syn::ImplItem::Fn(function) if !is_test(&function.attrs) => Some(function.sig.ident.to_string()),
        syn::ImplItem::Const(constant) => Some(constant.ident.to_string()),
        _ => None,
    };
    if block.trait_.is_some() { Vec::new() } else { block.items.iter().filter_map(name).collect() }
}

fn for_each_impl(module: ModuleId, items: &[syn::Item], tree: &Tree, act: &mut impl FnMut(ModuleId, &syn::ItemImpl)) {
    for item in items {
        match item {
            syn::Item::Impl(block) if !is_test(&block.attrs) => act(module, block),
            syn::Item::Mod(inner) if !is_test(&inner.attrs) => {
                let Some((_, inside)) = &inner.content else { continue };
                if let Some(child) = child_module(tree, module, &inner.ident.to_string()) {
                    for_each_impl(child, inside, tree, act);
                }
            }
            _ => {}
        }
    }
}

fn child_module(tree: &Tree, module: ModuleId, name: &str) -> Option<ModuleId> {
    tree.modules[module].scope.names.get(name)?.iter().find_map(|entry| match entry {
        Entry::Module(child) => Some(*child),
        _ => None,
    })
}

/// Walks through one file and notes what its paths lead to.
struct Reader<'a> {
    tree: &'a Tree,
    names: &'a mut Names,
    file: &'a str,
    module: ModuleId,
    /// The imports of the blocks that hold the code being read.
    blocks: Vec<Scope>,
    /// The type of `self`, inside an `impl`.
    receiver: Option<(ModuleId, String)>,
}

impl Reader<'_> {
    fn note(&mut self, path: &[String]) {
        if let ("Self", [_, function, ..]) = (path[0].as_str(), path) {
            self.note_function_of_self(function);
            return;
        }
        let targets = self.find(path);
        self.note_targets(targets);
        self.note_modules_on_the_way(path);
    }

    /// An import of a name that is a module and a function: which of the two is taken shows where the name is used.
    fn note_import(&mut self, path: &[String]) {
        let mut targets = self.find(path);
        if targets.iter().any(|target| matches!(target, Target::Module(_))) {
            targets.retain(|target| matches!(target, Target::Module(_)));
        }
        self.note_targets(targets);
        self.note_modules_on_the_way(path);
    }

    fn find(&self, path: &[String]) -> Vec<Target> {
        self.tree.find(self.module, &self.blocks, path, &mut HashSet::new())
    }

    fn note_targets(&mut self, targets: Vec<Target>) {
        for target in targets {
            match target {
                Target::Module(module) => self.note_top_module(module),
                Target::External(path) => {
                    self.names.external.entry(self.file.to_owned()).or_default().insert(path.join("::"));
                }
                Target::Item { module, name, rest } => {
                    if let Some(function) = rest.first() {
                        self.note_impl((module, name.clone()), function);
                    }
                    self.note_taken(&self.tree.modules[module].file.clone(), &name);
                    self.note_top_module(module);
                }
            }
        }
    }

    /// A layer is crossed by a path that leads through a module, even if a re-export leads on to another one.
    fn note_modules_on_the_way(&mut self, path: &[String]) {
        for length in 1..path.len() {
            for target in self.find(&path[..length]) {
                if let Target::Module(module) = target {
                    self.note_top_module(module);
                }
            }
        }
    }

    fn note_top_module(&mut self, module: ModuleId) {
        let top = &self.tree.modules[module].top;
        if !top.is_empty() {
            self.names.top_modules.entry(self.file.to_owned()).or_default().insert(top.clone());
        }
    }

    fn note_taken(&mut self, from: &str, name: &str) {
        if from != self.file {
            let taken = self.names.taken.entry(self.file.to_owned()).or_default();
            taken.entry(from.to_owned()).or_default().insert(name.to_owned());
        }
    }

    fn note_function_of_self(&mut self, function: &str) {
        if let Some(receiver) = self.receiver.clone() {
            self.note_impl(receiver, function);
        }
    }

    /// The function of a type is taken from the file of its `impl` block.
    fn note_impl(&mut self, (module, name): (ModuleId, String), function: &str) {
        let files = self.tree.impls.get(&(module, name.clone(), function.to_owned()));
        for file in files.into_iter().flatten() {
            self.note_taken(file, &format!("{name}::{function}"));
        }
    }

    fn define(&mut self, ident: &syn::Ident) {
        self.names.defined.entry(self.file.to_owned()).or_default().insert(ident.to_string());
    }

    fn note_literal(&mut self, text: String) {
        self.names.literals.entry(self.file.to_owned()).or_default().push(text);
    }

    /// Macro calls and attributes are no syntax of Rust: whatever looks like a path in them is taken for one.
    fn read_tokens(&mut self, tokens: TokenStream, attribute: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_punct =
            |at: usize, sign: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == sign);
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    let braces = group.delimiter() == Delimiter::Brace;
                    self.read_tokens(group.stream(), attribute && !braces);
                }
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.read_text(&text.value(), attribute);
                    }
                }
                TokenTree::Ident(ident) if at == 0 || !(is_punct(at - 1, '.') || is_punct(at - 1, '\'')) => {
                    let mut path = vec![ident.to_string()];
                    while is_punct(at + 1, ':') && is_punct(at + 2, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else { break };
                        path.push(next.to_string());
                        at += 3;
                    }
                    self.note(&path);
                }
                TokenTree::Ident(ident) if at >= 2 && is_punct(at - 1, '.') => {
                    if matches!(&tokens[at - 2], TokenTree::Ident(before) if before == "self") {
                        self.note_function_of_self(&ident.to_string());
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// An attribute may hold a path as text, as `#[serde(with = "..")]` does.
    fn read_text(&mut self, text: &str, attribute: bool) {
        if !attribute {
            self.note_literal(text.to_owned());
        } else if let Ok(path) = syn::parse_str::<syn::Path>(text) {
            self.note(&segments(&path));
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Const(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Struct(item) => &item.attrs,
            syn::Item::Enum(item) => &item.attrs,
            syn::Item::Static(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.define(&item.ident);
        let inside = item.content.as_ref().and(child_module(self.tree, self.module, &item.ident.to_string()));
        let outside = self.module;
        self.module = inside.unwrap_or(outside);
        visit::visit_item_mod(self, item);
        self.module = outside;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for import in imports(&item.tree) {
            self.note_import(&import.path);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let mut scope = Scope::default();
        for statement in &block.stmts {
            if let syn::Stmt::Item(item) = statement {
                add_to_scope(&mut scope, item);
            }
        }
        self.blocks.push(scope);
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        let outside = self.receiver.take();
        if let syn::Type::Path(path) = &*block.self_ty {
            let targets = self.find(&segments(&path.path));
            self.receiver = targets.into_iter().find_map(|target| match target {
                Target::Item { module, name, .. } => Some((module, name)),
                _ => None,
            });
        }
        visit::visit_item_impl(self, block);
        self.receiver = outside;
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            self.define(&function.sig.ident);
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if matches!(&*call.receiver, syn::Expr::Path(path) if path.path.is_ident("self")) {
            self.note_function_of_self(&call.method.to_string());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.note(&segments(path));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.note(&segments(&call.path));
        self.read_tokens(call.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        match &attribute.meta {
            syn::Meta::Path(path) => self.note(&segments(path)),
            syn::Meta::List(list) => {
                self.note(&segments(&list.path));
                self.read_tokens(list.tokens.clone(), true);
            }
            // Comments are such attributes.
            syn::Meta::NameValue(_) => {}
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.note_literal(literal.value());
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.define(&item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.define(&item.sig.ident);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.define(&item.ident);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.define(&item.ident);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.define(&item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.define(&item.ident);
        visit::visit_item_type(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.define(&item.ident);
        visit::visit_item_const(self, item);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.define(&variant.ident);
        visit::visit_variant(self, variant);
    }
}
