use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_field_gives_back_its_tag_and_counter(tag: Vec<u8>, at in 0..NAMES.len()) {
        let field = field(&tag, NAMES[at]);
        prop_assert_eq!(split(&field), Some((&tag[..], NAMES[at])));
    }
}

#[test]
fn fields_of_others_are_left_alone() {
    for other in ["", "hits", "tag:", "tag:hit", "tag:hits:", "tag: hits"] {
        assert_eq!(split(other.as_bytes()), None, "{other}");
    }
    assert_eq!(split(b":hits"), Some((&b""[..], "hits")));
}

#[test]
fn no_name_ends_like_another() {
    for (at, name) in NAMES.iter().enumerate() {
        assert!(NAMES.iter().enumerate().all(|(other, it)| other == at || !it.ends_with(name)));
    }
}

#[test]
fn a_recorder_that_is_off_counts_nothing() {
    let recorder = Recorder::off();
    recorder.record("tag", Event::Hit);
    recorder.flush().unwrap();
}
