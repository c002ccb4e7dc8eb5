//! Links the unwinder into the program.
//!
//! The standard library asks for `libgcc_s.so.1` only to print where a panic came from. To find and map
//! a shared library takes a third of what `fell` needs to start, so the same code is
//! taken from the archive beside it, where the compiler has one. With musl, or with
//! `-C target-feature=+crt-static`, all is static anyway.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| {
        env::var(name).is_ok_and(|it| it.split(',').any(|it| it == value))
    };
    let is_shared =
        is("CARGO_CFG_TARGET_ENV", "gnu") && !is("CARGO_CFG_TARGET_FEATURE", "crt-static");
    let is_native = env::var("HOST").ok() == env::var("TARGET").ok();
    if is_shared && is_native && has_archive() {
        println!("cargo::rustc-link-lib=gcc_eh");
    }
}

fn has_archive() -> bool {
    let asked = Command::new("cc")
        .arg("-print-file-name=libgcc_eh.a")
        .output();
    asked.is_ok_and(|output| {
        let name = String::from_utf8_lossy(&output.stdout);
        Path::new(name.trim()).is_absolute()
    })
}
