//! The page that argues for correctness names tests: they have to be there.

use std::fs;
use std::path::Path;

/// What the page quotes as `file::name`.
fn named(page: &str) -> Vec<(&str, &str)> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| quoted.split_once("::"))
        .collect()
}

/// The text of a test program, of one file or several.
fn source(tests: &Path, program: &str) -> String {
    if let Ok(text) = fs::read_to_string(tests.join(program).with_extension("rs")) {
        return text;
    }
    let files = fs::read_dir(tests.join(program)).unwrap_or_else(|_| panic!("no {program}"));
    files
        .map(|file| fs::read_to_string(file.expect("a file").path()).expect("a text"))
        .collect()
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/correctness.md")).expect("the page");
    let named = named(&page);
    assert!(named.len() > 20, "{named:?}");
    for (file, name) in named {
        if (file, name) == ("file", "name") {
            continue;
        }
        let text = source(&root.join("tests"), file);
        let is_there = text.contains(&format!("#[test]\nfn {name}("))
            || text.contains(&format!("#[test]\n    fn {name}("));
        assert!(is_there, "no test {name} in tests/{file}");
    }
}
