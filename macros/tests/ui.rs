//! What the attribute says of what it cannot take, and where it points. `TRYBUILD=overwrite` writes it anew.

#[test]
fn errors_point_at_the_code() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
