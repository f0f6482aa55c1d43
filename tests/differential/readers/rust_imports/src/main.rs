//! What syn, the parser of Rust's own macros, says that files name: names of files come in, one JSON
//! line each goes out. What stands in macro calls has no tree, and is looked through token by token.
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;
use std::io::BufRead;
use syn::visit::{self, Visit};

fn main() {
    for line in std::io::stdin().lock().lines() {
        let path = line.expect("a line of UTF-8");
        // Deep trees need more stack than a main thread has.
        let thread = std::thread::Builder::new().stack_size(1 << 28).spawn(move || read(&path));
        match thread.expect("a thread").join().ok().flatten() {
            None => println!("null"),
            Some(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("{:?}", name)).collect();
                println!("[{}]", names.join(","));
            }
        }
    }
}

fn read(path: &str) -> Option<BTreeSet<String>> {
    let text = std::fs::read_to_string(path).ok()?;
    let file = syn::parse_file(&text).ok()?;
    let mut names = Names::default();
    names.visit_file(&file);
    Some(names.found)
}

/// What attributes say of the file of a module: its path, and whether it is so on every system.
type Paths = Vec<(String, bool)>;

#[derive(Default)]
struct Names {
    found: BTreeSet<String>,
    inline: Vec<(String, Option<String>)>,
}

impl Names {
    fn add(&mut self, path: &[String]) {
        let head = path[0].as_str();
        let modules: Vec<String> = self.inline.iter().map(|(name, _)| name.clone()).collect();
        match head {
            "crate" => self.insert(path.join("::")),
            "self" | "super" => {
                let mut modules = modules;
                let mut above = vec![];
                let mut rest = path;
                while let Some("self" | "super") = rest.first().map(String::as_str) {
                    if rest[0] == "super" && modules.pop().is_none() {
                        above.push("super".to_string());
                    }
                    rest = &rest[1..];
                }
                if above.is_empty() {
                    above.push("self".to_string());
                }
                let all: Vec<String> = above.into_iter().chain(modules).chain(rest.to_vec()).collect();
                self.insert(all.join("::"));
            }
            _ if head.is_empty() || modules.is_empty() => self.insert(path.join("::")),
            _ => {
                self.insert(format!("self::{}::{}", modules.join("::"), path.join("::")));
                self.insert(format!("::{}", path.join("::")));
            }
        }
    }

    fn insert(&mut self, name: String) {
        self.found.insert(name);
    }

    fn tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |name: String| {
            let mut path = prefix.to_vec();
            if name != "self" || path.is_empty() {
                path.push(name);
            }
            path
        };
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(plain(&path.ident)), &path.tree),
            syn::UseTree::Name(name) => self.add(&with(plain(&name.ident))),
            syn::UseTree::Rename(name) => self.add(&with(plain(&name.ident))),
            syn::UseTree::Glob(_) if prefix.is_empty() => {}
            syn::UseTree::Glob(_) => self.add(prefix),
            syn::UseTree::Group(group) => group.items.iter().for_each(|each| self.tree(prefix, each)),
        }
    }

    fn module(&mut self, name: &str, paths: &Paths) {
        for (path, _) in paths {
            let file = self.file(path);
            self.insert(file);
        }
        if paths.iter().any(|(_, certain)| *certain) {
            return;
        }
        if self.inline.iter().all(|(_, path)| path.is_none()) {
            let names: Vec<&str> = self.inline.iter().map(|(name, _)| name.as_str()).collect();
            let module = [names, vec![name]].concat().join("::");
            self.insert(format!("mod {}", module));
        } else {
            for file in [format!("{}.rs", name), format!("{}/mod.rs", name)] {
                let file = self.file(&file);
                self.insert(file);
            }
        }
    }

    fn file(&self, path: &str) -> String {
        let mut modules: Vec<&str> = vec![];
        let mut folders = String::new();
        let mut has_path = false;
        for (name, own) in &self.inline {
            match own {
                Some(own) => {
                    folders += &format!("{}/", own);
                    has_path = true;
                }
                None if !has_path => modules.push(name),
                None => folders += &format!("{}/", name),
            }
        }
        if modules.is_empty() {
            format!("./{}{}", folders, path)
        } else {
            format!("self::{}::/{}{}", modules.join("::"), folders, path)
        }
    }

    fn path(&mut self, segments: &[&syn::PathSegment]) {
        let mut names = vec![];
        for segment in segments {
            names.push(plain(&segment.ident));
            if !segment.arguments.is_none() {
                break;
            }
        }
        let is_named = matches!(names.first().map(String::as_str), Some("crate" | "self" | "super"));
        if is_named && names.len() > 1 {
            self.add(&names);
        }
    }

    /// Tokens that no tree is made of: of macro calls and of attributes.
    fn tokens(&mut self, stream: TokenStream) {
        let all: Vec<TokenTree> = stream.into_iter().collect();
        let mut paths: Paths = vec![];
        let mut at = 0;
        while at < all.len() {
            let start = at;
            at += 1;
            match &all[start] {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    if let Some(group) = group(all.get(at), Delimiter::Bracket) {
                        paths.extend(paths_of(group.clone()));
                        self.tokens(group);
                        at += 1;
                        continue;
                    }
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(_) => {
                    let word = word(all.get(start));
                    let after_path =
                        start > 1 && is(all.get(start - 1), ':') && is(all.get(start - 2), ':');
                    match word.as_str() {
                        "pub" => {
                            if let Some(inner) = group(all.get(at), Delimiter::Parenthesis) {
                                let inner: Vec<TokenTree> = inner.into_iter().collect();
                                let first = self::word(inner.first());
                                if first == "in" || inner.len() == 1 && first != "" {
                                    at += 1;
                                }
                            }
                            continue;
                        }
                        "unsafe" => continue,
                        "mod" => {
                            let name = self::word(all.get(at));
                            if name != "" && is(all.get(at + 1), ';') {
                                self.module(&name, &paths);
                                at += 2;
                            } else if let (true, Some(body)) =
                                (name != "", group(all.get(at + 1), Delimiter::Brace))
                            {
                                let path = paths.first().map(|(path, _)| path.clone());
                                self.inline.push((name, path));
                                self.tokens(body);
                                self.inline.pop();
                                at += 2;
                            }
                        }
                        "use" if !is(all.get(at), '<') => {
                            at = self.use_tokens(&all, at, &[]);
                        }
                        "crate" | "self" | "super" if !after_path => {
                            let mut names = vec![word];
                            while is(all.get(at), ':') && is(all.get(at + 1), ':') {
                                let next = self::word(all.get(at + 2));
                                if next == "" {
                                    break;
                                }
                                names.push(next);
                                at += 3;
                            }
                            if names.len() > 1 {
                                self.add(&names);
                            }
                        }
                        "include" | "include_str" | "include_bytes" if is(all.get(at), '!') => {
                            if let Some(TokenTree::Group(group)) = all.get(at + 1) {
                                self.include(group.stream());
                            }
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
            paths.clear();
        }
    }

    /// A tree of `use` among tokens, of which a macro may fill in parts; the position after it.
    fn use_tokens(&mut self, all: &[TokenTree], start: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        let mut at = start;
        if is(all.get(at), ':') && is(all.get(at + 1), ':') {
            at += 2;
            if path.is_empty() {
                path.push(String::new());
            }
        }
        loop {
            if let Some(list) = group(all.get(at), Delimiter::Brace) {
                let list: Vec<TokenTree> = list.into_iter().collect();
                let mut inner = 0;
                while inner < list.len() {
                    let next = match is(list.get(inner), ',') {
                        true => inner + 1,
                        false => self.use_tokens(&list, inner, &path),
                    };
                    if next == inner {
                        break;
                    }
                    inner = next;
                }
                return at + 1;
            }
            if is(all.get(at), '*') {
                if !path.is_empty() {
                    self.add(&path);
                }
                return at + 1;
            }
            if is(all.get(at), '$') && word(all.get(at + 1)) == "crate" {
                at += 1;
            }
            let name = word(all.get(at));
            if name == "" {
                if is(all.get(at), '$') && !path.is_empty() {
                    self.add(&path);
                }
                return at;
            }
            if name != "self" || path.is_empty() {
                path.push(name);
            }
            at += 1;
            if is(all.get(at), ':') && is(all.get(at + 1), ':') {
                at += 2;
                continue;
            }
            if word(all.get(at)) == "as" {
                at += 2;
            }
            self.add(&path);
            return at;
        }
    }

    fn include(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let is_whole = tokens.len() == 1 || tokens.len() == 2 && is(tokens.get(1), ',');
        if let (true, Some(path)) = (is_whole, tokens.first().and_then(text)) {
            self.insert(format!("./{}", path));
        }
    }
}

impl<'a> Visit<'a> for Names {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        item.attrs.iter().for_each(|each| self.visit_attribute(each));
        let prefix = match item.leading_colon {
            Some(_) => vec![String::new()],
            None => vec![],
        };
        self.tree(&prefix, &item.tree);
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        item.attrs.iter().for_each(|each| self.visit_attribute(each));
        let paths: Paths = item.attrs.iter().flat_map(attribute_paths).collect();
        let name = plain(&item.ident);
        match &item.content {
            None => self.module(&name, &paths),
            Some((_, items)) => {
                let path = paths.first().map(|(path, _)| path.clone());
                self.inline.push((name, path));
                items.iter().for_each(|each| self.visit_item(each));
                self.inline.pop();
            }
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.leading_colon.is_none() {
            self.path(&path.segments.iter().collect::<Vec<_>>());
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_path(&mut self, each: &'a syn::ExprPath) {
        each.attrs.iter().for_each(|each| self.visit_attribute(each));
        self.qualified(&each.qself, &each.path);
    }

    fn visit_type_path(&mut self, each: &'a syn::TypePath) {
        self.qualified(&each.qself, &each.path);
    }

    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_macro(&mut self, each: &'a syn::Macro) {
        self.visit_path(&each.path);
        let name = each.path.get_ident().map(|name| name.to_string()).unwrap_or_default();
        if matches!(name.as_str(), "include" | "include_str" | "include_bytes") {
            self.include(each.tokens.clone());
        }
        self.tokens(each.tokens.clone());
    }

    fn visit_attribute(&mut self, each: &'a syn::Attribute) {
        let tokens: Vec<TokenTree> = each.to_token_stream().into_iter().collect();
        if let Some(TokenTree::Group(group)) = tokens.last() {
            self.tokens(group.stream());
        }
    }

    fn visit_expr(&mut self, each: &'a syn::Expr) {
        match each {
            syn::Expr::Verbatim(tokens) => self.tokens(tokens.clone()),
            _ => visit::visit_expr(self, each),
        }
    }

    fn visit_item(&mut self, each: &'a syn::Item) {
        match each {
            syn::Item::Const(_)
            | syn::Item::Enum(_)
            | syn::Item::ExternCrate(_)
            | syn::Item::Fn(_)
            | syn::Item::ForeignMod(_)
            | syn::Item::Impl(_)
            | syn::Item::Macro(_)
            | syn::Item::Mod(_)
            | syn::Item::Static(_)
            | syn::Item::Struct(_)
            | syn::Item::Trait(_)
            | syn::Item::TraitAlias(_)
            | syn::Item::Type(_)
            | syn::Item::Union(_)
            | syn::Item::Use(_) => visit::visit_item(self, each),
            // `macro m { … }` and all that this syn has no tree for.
            _ => self.tokens(each.to_token_stream()),
        }
    }

    fn visit_trait_item(&mut self, each: &'a syn::TraitItem) {
        match each {
            syn::TraitItem::Verbatim(tokens) => self.tokens(tokens.clone()),
            _ => visit::visit_trait_item(self, each),
        }
    }

    fn visit_impl_item(&mut self, each: &'a syn::ImplItem) {
        match each {
            syn::ImplItem::Verbatim(tokens) => self.tokens(tokens.clone()),
            _ => visit::visit_impl_item(self, each),
        }
    }

    fn visit_type(&mut self, each: &'a syn::Type) {
        match each {
            syn::Type::Verbatim(tokens) => self.tokens(tokens.clone()),
            _ => visit::visit_type(self, each),
        }
    }
}

impl Names {
    fn qualified<'a>(&mut self, qself: &'a Option<syn::QSelf>, path: &'a syn::Path) {
        match qself {
            None => self.visit_path(path),
            Some(qself) => {
                self.visit_type(&qself.ty);
                if path.leading_colon.is_none() {
                    self.path(&path.segments.iter().take(qself.position).collect::<Vec<_>>());
                }
                visit::visit_path(self, path);
            }
        }
    }
}

fn attribute_paths(attribute: &syn::Attribute) -> Paths {
    let tokens: Vec<TokenTree> = attribute.to_token_stream().into_iter().collect();
    match tokens.last() {
        Some(TokenTree::Group(group)) => paths_of(group.stream()),
        _ => vec![],
    }
}

/// The paths in what stands between `#[` and `]`.
fn paths_of(stream: TokenStream) -> Paths {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    match word(tokens.first()).as_str() {
        "path" if is(tokens.get(1), '=') => {
            tokens.get(2).and_then(text).map(|path| (path, true)).into_iter().collect()
        }
        "cfg_attr" => match tokens.get(1) {
            Some(TokenTree::Group(group)) => nested(group.stream()),
            _ => vec![],
        },
        _ => vec![],
    }
}

fn nested(stream: TokenStream) -> Paths {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut paths = vec![];
    for at in 0..tokens.len() {
        if let TokenTree::Group(group) = &tokens[at] {
            paths.extend(nested(group.stream()));
        }
        if word(tokens.get(at)) == "path" && is(tokens.get(at + 1), '=') {
            paths.extend(tokens.get(at + 2).and_then(text).map(|path| (path, false)));
        }
    }
    paths
}

fn plain(ident: &proc_macro2::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_string()
}

fn word(token: Option<&TokenTree>) -> String {
    match token {
        Some(TokenTree::Ident(ident)) => plain(ident),
        _ => String::new(),
    }
}

fn is(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<TokenStream> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group.stream()),
        _ => None,
    }
}

/// What a text says that has no escapes.
fn text(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Literal(literal) => {
            let written = literal.to_string();
            let value = syn::parse_str::<syn::LitStr>(&written).ok()?.value();
            let is_raw = written.starts_with('r');
            (is_raw && !value.contains('\\') || !written.contains('\\')).then_some(value)
        }
        _ => None,
    }
}
