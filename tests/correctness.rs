//! The page that argues for correctness names tests: they have to be there.

use std::path::Path;

/// What the page quotes as `file::name`.
fn named(page: &str) -> Vec<(&str, &str)> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| quoted.split_once("::"))
        .collect()
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/correctness.md")).expect("the page");
    let named = named(&page);
    assert!(named.len() > 20, "{named:?}");
    for (file, name) in named {
        if (file, name) == ("file", "name") {
            continue;
        }
        let path = root.join("tests").join(file).with_extension("rs");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no tests/{file}.rs"));
        let is_there = text.contains(&format!("#[test]\nfn {name}()"));
        assert!(is_there, "no test {name} in tests/{file}.rs");
    }
}
