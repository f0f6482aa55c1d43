import { assertEquals, it } from "../../../../deps.ts";
import { imported } from "../../../../support/scene/imported.ts";

async function check(cases: readonly (readonly [text: string, ...expected: string[]])[]) {
  for (const [text, ...expected] of cases) {
    assertEquals(await imported("rust", text), expected, text);
  }
}

it("importsIn() reads what Rust names inside of macro calls", async () => {
  await check([
    [
      "cfg_if::cfg_if! { if #[cfg(unix)] { mod a; } else { pub(crate) mod b; use self::c::D; } }",
      ...["mod a", "mod b", "self::c::D"],
    ],
    [
      'assert_eq!(crate::a::b(1), super::c!(), "crate::no"); vec![self::e::F; 2]',
      ...["crate::a::b", "super::c", "self::e::F"],
    ],
    [
      "macro_rules! m { ($x:ident) => { mod $x; use $crate::a::b; use super::$x; $crate::c::d!() } }",
      ...["crate::a::b", "super", "crate::c::d"],
    ],
  ]);
});

it("importsIn() reads the files that Rust names by their paths", async () => {
  await check([
    [
      '#[path = "win/sys.rs"] mod a; #[cfg(x)] #[path = r"../b.rs"] pub(in crate::x) mod b;',
      ...["./win/sys.rs", "./../b.rs"],
    ],
    [
      '#[cfg_attr(x, path = "a.rs")]\n#[cfg_attr(all(y, z), allow(w), path = "b.rs")]\n/// c\nmod c;',
      ...["./a.rs", "./b.rs", "mod c"],
    ],
    ['#[path = "no.rs"] fn f() {} mod a; #[path] mod b; #[doc(path = "no")] mod c;', ...[
      "mod a",
      "mod b",
      "mod c",
    ]],
    ['mod a { mod b { #[path = "c.rs"] mod c; mod d; } } mod e;', ...[
      "self::a::b::/c.rs",
      "mod a::b::d",
      "mod e",
    ]],
    [
      '#[path = "x"] mod a { mod b; #[path = "c.rs"] mod c; mod d { mod e; } } mod f;',
      ...["./x/b.rs", "./x/b/mod.rs", "./x/c.rs", "./x/d/e.rs", "./x/d/e/mod.rs", "mod f"],
    ],
    [
      'include!("a.rs"); const B: &str = include_str!("../b.txt",); #[doc = include_str!("c")] struct D;',
      ...["./a.rs", "./../b.txt", "./c"],
    ],
    ['include!(concat!(env!("OUT_DIR"), "/no.rs")); include_bytes!["a"]; include!(b)', "./a"],
  ]);
});

it("importsIn() reads every form of Rust's paths", async () => {
  await check([
    [
      "use {crate::a, self::{b::*, c as _}, d::{self, e::{f as g}}, ::h::i};",
      ...["crate::a", "self::b", "self::c", "d", "d::e::f", "::h::i"],
    ],
    [
      "pub(in crate::no) use super::x; pub (crate) use crate::r#type::r#fn; struct S(pub crate::b::C);",
      ...["super::x", "crate::type::fn", "crate::b::C"],
    ],
    [
      "mod a { use b::c; use super::d; mod e { use super::super::super::f; } }",
      ...["self::a::b::c", "::b::c", "self::d", "super::f"],
    ],
    [
      "extern crate a as b; extern crate self as c; fn f<'a>() -> impl T + use<'a> { self.g::<'a'>() }",
    ],
    [
      "<crate::a::B as C>::d(); x::self::y; crate::e::<f>::g; let crate_ = superb::h;",
      ...["crate::a::B", "crate::e"],
    ],
    [`let c = '"'; let d = b'\\''; let l: &'static str = ""; use crate::a; // '`, "crate::a"],
    [`let r = br##"" use crate::no; "##; let c = c"use crate::no"; 1..2; use crate::a;`, ...[
      "crate::a",
    ]],
    ["/* /* */ use crate::no; */ /// use crate::no;\nmod a { } } } mod b;", "mod b"],
    ["#!/usr/bin/env x'\n#![allow(x)] mod a;", "mod a"],
  ]);
});
